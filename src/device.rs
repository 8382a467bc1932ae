//! Where tensors live: the CPU engine (burn-flex) or the GPU engine (burn-wgpu).

use std::sync::OnceLock;

use burn::tensor::Device;

use crate::error::{Error, Result};

/// The engines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Backend {
    /// burn-flex: SIMD on one thread in a browser, all cores natively.
    Cpu,
    /// burn-wgpu: WebGPU in a browser, natively whatever of Vulkan, Metal and DirectX the system prefers.
    Gpu,
    /// burn-wgpu pinned to Vulkan, with SPIR-V kernels. Native builds with the feature `vulkan`.
    Vulkan,
    /// burn-cuda on NVIDIA's driver. Native builds with the feature `cuda`.
    Cuda,
}

impl Backend {
    /// `cpu`, `gpu`, `vulkan` or `cuda`.
    pub fn name(self) -> &'static str {
        match self {
            Backend::Cpu => "cpu",
            Backend::Gpu => "gpu",
            Backend::Vulkan => "vulkan",
            Backend::Cuda => "cuda",
        }
    }
}

/// A device that was opened, with words about it.
#[derive(Debug, Clone)]
pub struct Opened {
    /// Hand this to everything that makes tensors.
    pub device: Device,
    /// Which engine it is.
    pub backend: Backend,
    /// What the system calls it, for example the adapter's name.
    pub adapter: String,
}

/// Opens the engine `wanted`. The GPU may be opened once in a program.
///
/// # Errors
/// [`Error::GpuUnavailable`] when this build has no such engine or the system no such adapter.
pub async fn open(wanted: Backend) -> Result<Opened> {
    match wanted {
        Backend::Cpu => open_cpu(),
        Backend::Gpu => open_gpu().await,
        Backend::Vulkan => open_vulkan().await,
        Backend::Cuda => open_cuda(),
    }
}

/// Bytes of the largest tensor that kernels of the graphics card can be given (`maxStorageBufferBindingSize`), if it was opened and
/// says so.
pub fn largest_tensor() -> Option<u64> {
    LARGEST.get().copied()
}

/// There is one graphics card in a program.
static LARGEST: OnceLock<u64> = OnceLock::new();

/// Whether this device is the CPU engine's.
#[cfg(feature = "cpu")]
pub fn is_cpu(device: &Device) -> bool {
    !cfg!(any(feature = "gpu", feature = "cuda")) || *device == Device::flex()
}

/// This build has no CPU engine.
#[cfg(not(feature = "cpu"))]
pub fn is_cpu(_: &Device) -> bool {
    false
}

/// Opens the engine this build was made for: the GPU where it is compiled in, else the CPU.
///
/// # Errors
/// As [`open`].
pub async fn open_default() -> Result<Opened> {
    if cfg!(feature = "gpu") { open(Backend::Gpu).await } else { open(Backend::Cpu).await }
}

#[cfg(feature = "cpu")]
fn open_cpu() -> Result<Opened> {
    let adapter = if cfg!(target_arch = "wasm32") { "WebAssembly SIMD, one thread" } else { "native SIMD, all cores" };
    Ok(Opened { device: Device::flex(), backend: Backend::Cpu, adapter: adapter.into() })
}

#[cfg(not(feature = "cpu"))]
fn open_cpu() -> Result<Opened> {
    Err(Error::GpuUnavailable("This build of kd-lens has no CPU engine. Build it with the feature `cpu`.".into()))
}

#[cfg(feature = "gpu")]
async fn open_gpu() -> Result<Opened> {
    open_wgpu(Device::wgpu_options(), Backend::Gpu).await
}

#[cfg(feature = "vulkan")]
async fn open_vulkan() -> Result<Opened> {
    use burn::tensor::wgpu::WgpuBackend;
    open_wgpu(Device::wgpu_options().graphics_api(WgpuBackend::Vulkan), Backend::Vulkan).await
}

#[cfg(not(feature = "vulkan"))]
async fn open_vulkan() -> Result<Opened> {
    Err(Error::GpuUnavailable("This build of kd-lens has no Vulkan engine. Build it with the feature `vulkan`.".into()))
}

#[cfg(feature = "cuda")]
fn open_cuda() -> Result<Opened> {
    use burn::tensor::DeviceType;
    // Listing finds nothing where there is no driver; asking for a device would panic.
    let device = Device::enumerate(DeviceType::Cuda).into_iter().next().ok_or_else(|| {
        Error::GpuUnavailable("There is no NVIDIA card with a CUDA driver here. Use another engine.".into())
    })?;
    let adapter = device.identity().map_or_else(|| "CUDA".into(), |identity| format!("{}, CUDA", identity.name));
    Ok(Opened { device, backend: Backend::Cuda, adapter })
}

#[cfg(not(feature = "cuda"))]
fn open_cuda() -> Result<Opened> {
    Err(Error::GpuUnavailable("This build of kd-lens has no CUDA engine. Build it with the feature `cuda`.".into()))
}

#[cfg(feature = "gpu")]
async fn open_wgpu(options: burn::tensor::wgpu::WgpuOptions, backend: Backend) -> Result<Opened> {
    #[cfg(target_arch = "wasm32")]
    constructors::call();
    let (device, setup) = options.tasks_max(64).init_with_setup_async().await.map_err(|e| {
        Error::GpuUnavailable(format!("The graphics device could not be started ({e:?}). Use the CPU engine."))
    })?;
    let limits = setup.device.limits();
    LARGEST.get_or_init(|| limits.max_storage_buffer_binding_size.min(limits.max_buffer_size));
    let info = setup.adapter.get_info();
    let adapter = [info.name, info.driver, format!("{:?}", info.backend)]
        .into_iter()
        .filter(|s| !s.is_empty())
        .collect::<Vec<_>>()
        .join(", ");
    Ok(Opened { device, backend, adapter })
}

#[cfg(not(feature = "gpu"))]
async fn open_gpu() -> Result<Opened> {
    Err(Error::GpuUnavailable("This build of kd-lens has no GPU engine. Build it with the feature `gpu`.".into()))
}

/// What cubecl registers before a program begins (its tables of operations).
#[cfg(all(feature = "gpu", target_arch = "wasm32"))]
#[allow(unsafe_code)]
mod constructors {
    use std::sync::Once;

    // The linker's function. Where nothing calls it, the linker puts a call of it before every exported function: then each crossing
    // from JavaScript, of which a dispatch has dozens, registers everything anew.
    unsafe extern "C" {
        fn __wasm_call_ctors();
    }

    /// Calls them once.
    pub fn call() {
        static CALLED: Once = Once::new();
        // SAFETY: the constructors take nothing, are those of `inventory`, and have not run before: see above.
        CALLED.call_once(|| unsafe { __wasm_call_ctors() });
    }
}
