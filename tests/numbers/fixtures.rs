//! Devices, reference numbers and the inputs they belong to (see `tests/reference/`).

use burn::tensor::{Device, Tensor, TensorData};
use kd_lens::data::DatasetKind;
use kd_lens::device::{Backend, Opened, open_default};
use kd_lens::nets::{Architecture, Network};
use kd_lens::readback;
use kd_lens::weights::{Tensors, decode};

/// The engine under test, opened once.
pub async fn opened() -> Opened {
    use std::cell::RefCell;
    thread_local!(static OPENED: RefCell<Option<Opened>> = const { RefCell::new(None) });
    if let Some(known) = OPENED.with(|slot| slot.borrow().clone()) {
        return known;
    }
    let opened = open_default().await.expect("the engine opens");
    #[cfg(target_arch = "wasm32")]
    if opened.backend == Backend::Gpu {
        wasm_bindgen_test::console_log!("webgpu adapter: {}", opened.adapter);
    }
    OPENED.with(|slot| *slot.borrow_mut() = Some(opened.clone()));
    opened
}

pub async fn device() -> Device {
    opened().await.device
}

/// How far numbers may be from the reference: f32 on the CPU, looser on WebGPU.
pub async fn tolerance(cpu: f64) -> f64 {
    either(cpu, cpu.max(1e-3)).await
}

/// One number on the CPU, another on WebGPU.
pub async fn either(cpu: f64, gpu: f64) -> f64 {
    match opened().await.backend {
        Backend::Cpu => cpu,
        _ => gpu,
    }
}

/// A tensor of `tests/reference/fixtures.safetensors`.
pub fn expected(name: &str) -> Vec<f32> {
    thread_local!(static ALL: Tensors = decode(include_bytes!("../reference/fixtures.safetensors")).expect("fixtures decode").0);
    ALL.with(|all| all.get(name).unwrap_or_else(|| panic!("no fixture {name}")).1.clone())
}

/// Compares by the largest difference, relative to the largest expected value.
pub fn assert_close(what: &str, actual: &[f32], expected: &[f32], tolerance: f64) {
    assert_eq!(actual.len(), expected.len(), "{what}: number of values");
    assert!(!expected.is_empty(), "{what}: nothing to compare");
    let scale = expected.iter().fold(0f64, |m, v| m.max(f64::from(v.abs()))).max(1e-6);
    for (i, (a, e)) in actual.iter().zip(expected).enumerate() {
        let difference = (f64::from(*a) - f64::from(*e)).abs() / scale;
        assert!(
            difference <= tolerance,
            "{what}[{i}]: {a} instead of {e} (relative difference {difference:.2e}, allowed {tolerance:.0e})"
        );
    }
}

/// The integer hash of `networks.noise`: numbers in [-1, 1).
pub fn noise(count: usize, salt: u64) -> Vec<f32> {
    (0..count as u64)
        .map(|i| {
            let mut u = (i * 2_654_435_761 + salt * 40_503 + 12_345) & 0xFFFF_FFFF;
            u = ((u ^ (u >> 15)) * 2_246_822_519) & 0xFFFF_FFFF;
            u ^= u >> 13;
            (u as f64 / 2f64.powi(31) - 1.0) as f32
        })
        .collect()
}

/// `networks.fill`: known values of a sensible size for every tensor.
pub async fn network(architecture: Architecture, salt: u64) -> Network {
    let device = device().await;
    let mut network = Network::new(architecture, 10, DatasetKind::Cifar10.normalisation(), 0, &device);
    let data = network
        .params
        .specs()
        .iter()
        .enumerate()
        .map(|(t, spec)| {
            let v = noise(spec.len(), salt * 1000 + t as u64);
            let (scale, shift) = match spec.shape[..] {
                [out, _, k, _] => ((6.0 / (k * k * out) as f64).sqrt(), 0.0),
                [_, inputs] => ((1.0 / inputs as f64).sqrt(), 0.0),
                [..] if spec.shape.len() == 3 => (0.1, 0.0),
                _ if spec.name.ends_with("running_var") || spec.name.ends_with("weight") => (0.1, 1.0),
                _ => (0.1, 0.0),
            };
            v.into_iter().map(|v| (f64::from(v) * scale + shift) as f32).collect()
        })
        .collect();
    network.params.set_host(data, &device).expect("the tensors fit");
    network
}

/// `networks.images`: coarse noise enlarged four times.
pub async fn images(count: usize, salt: u64) -> Tensor<4> {
    let coarse = noise(count * 3 * 64, salt);
    let values: Vec<f32> = (0..count * 3 * 1024)
        .map(|i| {
            let (plane, y, x) = (i / 1024, i / 32 % 32, i % 32);
            coarse[plane * 64 + y / 4 * 8 + x / 4] * 0.5 + 0.5
        })
        .collect();
    Tensor::from_data(TensorData::new(values, [count, 3, 32, 32]), &device().await)
}

/// Row-major values on the device.
pub async fn matrix(values: Vec<f32>, rows: usize) -> Tensor<2> {
    let columns = values.len() / rows;
    Tensor::from_data(TensorData::new(values, [rows, columns]), &device().await)
}

pub async fn read<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    readback::read(tensor).await.expect("the device answers")
}
