//! Numerically safe building blocks of losses.

use burn::tensor::{Device, Tensor, TensorData, activation};

/// Log-probabilities over the last axis, `[B, K]`; finite for any finite logits.
pub fn log_softmax(logits: Tensor<2>) -> Tensor<2> {
    activation::log_softmax(logits, 1)
}

/// Labels as rows with a single 1, `[B, K]`. Class numbers ≥ `classes` give a row of zeros.
pub fn one_hot(labels: &[usize], classes: usize, device: &Device) -> Tensor<2> {
    let mut rows = vec![0f32; labels.len() * classes];
    for (row, &label) in rows.chunks_exact_mut(classes).zip(labels) {
        if let Some(entry) = row.get_mut(label) {
            *entry = 1.0;
        }
    }
    Tensor::from_data(TensorData::new(rows, [labels.len(), classes]), device)
}

/// Mean over the batch of −Σ y·log softmax(z), `[1]`. `y`: rows of probabilities (one-hot labels), `z`: logits.
pub fn cross_entropy(y: Tensor<2>, z: Tensor<2>) -> Tensor<1> {
    let [batch, _] = z.dims();
    (y * log_softmax(z)).sum() * (-1.0 / batch as f64)
}

/// Mean over the batch of KL(softmax(t/T) ‖ softmax(s/T)), `[1]`, without the factor T². Zero where both agree.
pub fn kl_divergence(teacher: Tensor<2>, student: Tensor<2>, temperature: f64) -> Tensor<1> {
    let [batch, _] = student.dims();
    let log_p = log_softmax(teacher / temperature);
    let log_q = log_softmax(student / temperature);
    (log_p.clone().exp() * (log_p - log_q)).sum() * (1.0 / batch as f64)
}
