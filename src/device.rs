//! Where tensors live: the CPU engine (burn-flex) or the GPU engine (burn-wgpu).

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
}

impl Backend {
    /// `cpu`, `gpu` or `vulkan`.
    pub fn name(self) -> &'static str {
        match self {
            Backend::Cpu => "cpu",
            Backend::Gpu => "gpu",
            Backend::Vulkan => "vulkan",
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
    }
}

/// Whether this device is the CPU engine's.
pub fn is_cpu(device: &Device) -> bool {
    cfg!(feature = "cpu") && (!cfg!(feature = "gpu") || format!("{device:?}").contains("Flex"))
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

#[cfg(feature = "gpu")]
async fn open_wgpu(options: burn::tensor::wgpu::WgpuOptions, backend: Backend) -> Result<Opened> {
    let (device, setup) = options.tasks_max(64).init_with_setup_async().await.map_err(|e| {
        Error::GpuUnavailable(format!("The graphics device could not be started ({e:?}). Use the CPU engine."))
    })?;
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
