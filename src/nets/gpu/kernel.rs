//! Kernels in WGSL and how they are put to work on tensors of burn.

use std::fmt::Debug;
use std::hash::Hash;

use burn::tensor::{DType, Shape};
use burn_wgpu::{CubeDim, CubeTensor, KernelSource, SourceKernel, SourceTemplate, into_contiguous};
use cubecl::prelude::{CubeCount, KernelId};
use cubecl::server::KernelArguments;

/// What a kernel computes, with everything that its text depends on.
pub trait Task: Clone + Debug + PartialEq + Eq + Hash + Send + Sync + 'static {
    /// The kernel's text. Its entry is `main`; its bindings are the inputs, then the outputs, all of them `read_write`: tensors may
    /// share a buffer natively, and a buffer has one kind of use in a dispatch.
    fn wgsl(&self) -> String;
    /// Invocations of a workgroup, in one dimension.
    fn group(&self) -> u32;
    /// Workgroups.
    fn groups(&self) -> u32;
}

struct Source<T>(T);

impl<T: Task> KernelSource for Source<T> {
    fn source(&self) -> SourceTemplate {
        SourceTemplate::new(self.0.wgsl())
    }

    fn id(&self) -> KernelId {
        KernelId::new::<Self>().info(self.0.clone())
    }

    fn lang(&self) -> &'static str {
        "wgsl"
    }
}

/// Runs the task on `inputs`; new tensors of f32 with these shapes come back.
pub fn run<T: Task, const N: usize>(task: T, inputs: &[&CubeTensor], outputs: [Shape; N]) -> [CubeTensor; N] {
    let first = inputs[0];
    let outputs = outputs.map(|shape| {
        let handle = first.client.empty(shape.num_elements() * size_of::<f32>());
        CubeTensor::new_contiguous(first.client.clone(), first.device.clone(), shape, handle, DType::F32)
    });
    let arguments = inputs.iter().copied().chain(&outputs);
    let arguments = arguments
        .fold(KernelArguments::new(), |arguments, tensor| arguments.with_buffer(tensor.handle.clone().binding()));
    let [group, groups] = [task.group(), task.groups()];
    let kernel = SourceKernel::new(Source(task), CubeDim::new_1d(group));
    // A dimension of a dispatch ends at 65,535 workgroups.
    let rows = groups.div_ceil(ROW);
    first.client.launch(Box::new(kernel), CubeCount::Static(groups.min(ROW), rows, 1), arguments);
    outputs
}

/// Workgroups in a row of a dispatch that is larger than one row.
const ROW: u32 = 32_768;

/// WGSL: the number of an invocation, `id`, and of its workgroup, in a kernel whose workgroups have `group` invocations.
pub fn entry(group: u32) -> String {
    format!(
        "@compute @workgroup_size({group})\n\
         fn main(@builtin(workgroup_id) place: vec3<u32>, @builtin(local_invocation_index) lane: u32) {{\n\
         let workgroup = place.y * {ROW}u + place.x;\n\
         let id = workgroup * {group}u + lane;\n"
    )
}

/// WGSL: bindings of arrays of f32 with these names.
pub fn bindings(names: &[&str]) -> String {
    let binding =
        |(i, name): (usize, &&str)| format!("@group(0) @binding({i}) var<storage, read_write> {name}: array<f32>;\n");
    names.iter().enumerate().map(binding).collect()
}

/// A tensor in row-major order.
pub fn plain(tensor: CubeTensor) -> CubeTensor {
    into_contiguous(tensor)
}

/// The shape of a tensor of four dimensions.
pub fn shape4(tensor: &CubeTensor) -> [usize; 4] {
    let mut shape = [0; 4];
    shape.copy_from_slice(&tensor.meta.shape()[..]);
    shape
}

/// The parts of a tensor of `[parts · pitch]` as tensors of `[length]` each. `pitch` is a multiple of [`ALIGNED`].
pub fn parts<const N: usize>(tensor: &CubeTensor, pitch: usize, length: usize) -> [CubeTensor; N] {
    std::array::from_fn(|i| {
        let (start, end) = (i * pitch * size_of::<f32>(), ((N - i) * pitch - length) * size_of::<f32>());
        let handle = tensor.handle.clone().offset_start(start as u64).offset_end(end as u64);
        let (client, device) = (tensor.client.clone(), tensor.device.clone());
        CubeTensor::new_contiguous(client, device, Shape::new([length]), handle, DType::F32)
    })
}

/// Numbers of f32 after which a binding may begin on every device: 256 bytes.
pub const ALIGNED: usize = 64;
