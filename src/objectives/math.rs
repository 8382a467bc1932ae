//! Numerically safe building blocks of losses: finite values and gradients for any finite input.

use burn::tensor::{Device, Tensor, TensorData, activation, module};

/// Below the square root of a sum of squares, so that its gradient at zero is zero and not infinite.
pub const TINY: f64 = 1e-12;

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

/// As [`kl_divergence`], from a constant distribution ρ, `[B, K]`, that may hold zeros.
pub fn kl_from(target: Tensor<2>, student: Tensor<2>, temperature: f64) -> Tensor<1> {
    let [batch, _] = student.dims();
    let log_q = log_softmax(student / temperature);
    (target.clone() * (target.clamp_min(TINY).log() - log_q)).sum() * (1.0 / batch as f64)
}

/// Logits brought to mean 0 and standard deviation 1, image by image (Sun et al. 2024, 2403.01427).
///
/// The published form divides by 1e-7 + std; here 1e-6 stands below the root, which for a std of 1 changes the seventh
/// digit and keeps the gradient finite where all logits of an image are equal.
pub fn standardise(logits: Tensor<2>) -> Tensor<2> {
    let [_, classes] = logits.dims();
    let centred = logits.clone() - logits.mean_dim(1);
    let variance = (centred.clone() * centred.clone()).sum_dim(1) / (classes.max(2) - 1) as f64;
    centred / (variance + 1e-6).sqrt()
}

/// Rows divided by their length: x/√(Σx² + 1e-12), so that a zero row stays zero.
pub fn normalise_rows(x: Tensor<2>) -> Tensor<2> {
    let length = ((x.clone() * x.clone()).sum_dim(1) + TINY).sqrt();
    x / length
}

/// Everything behind the first axis as one row, `[B, …]` → `[B, n]`.
pub fn rows<const D: usize>(x: Tensor<D>) -> Tensor<2> {
    let dims = x.dims();
    let length = dims[1..].iter().product();
    x.reshape([dims[0], length])
}

/// Mean pooling of square maps to `side`; sides are powers of two.
pub fn pool_to(map: Tensor<4>, side: usize) -> Tensor<4> {
    match map.dims() {
        [_, _, height, _] if height == side => map,
        _ => module::adaptive_avg_pool2d(map, [side, side]),
    }
}

/// Two maps at the smaller of their sides.
pub fn same_side(a: Tensor<4>, b: Tensor<4>) -> (Tensor<4>, Tensor<4>) {
    let side = a.dims()[2].min(b.dims()[2]);
    (pool_to(a, side), pool_to(b, side))
}

/// Nearest-neighbour enlargement to `side`, a multiple of the map's.
pub fn enlarge_to(map: Tensor<4>, side: usize) -> Tensor<4> {
    let [batch, channels, height, _] = map.dims();
    let factor = side / height.max(1);
    if factor <= 1 {
        return map;
    }
    let wide: Tensor<6> = map.reshape([batch, channels, height, 1, height, 1]);
    wide.repeat_dim(3, factor).repeat_dim(5, factor).reshape([batch, channels, side, side])
}

/// Huber's loss with δ = 1, element by element.
pub fn smooth_l1<const D: usize>(difference: Tensor<D>) -> Tensor<D> {
    // ½m² + (|d| − m) with m = min(|d|, 1): both branches in one expression.
    let size = difference.abs();
    let m = size.clone().clamp_max(1.0);
    m.clone() * m.clone() * 0.5 + (size - m)
}

/// Sum of squares, `[1]`.
pub fn squares<const D: usize>(x: Tensor<D>) -> Tensor<1> {
    (x.clone() * x).sum()
}

/// Mean of squares, `[1]`.
pub fn mean_squares<const D: usize>(x: Tensor<D>) -> Tensor<1> {
    (x.clone() * x).mean()
}

/// How many entries of its row stand before each entry when rows are sorted from large to small, equals in index
/// order: 0 for the largest. `[B, K]`, whole numbers; a constant. No sorting: K² comparisons an image, which suit a GPU.
pub fn ranks(x: Tensor<2>) -> Tensor<2> {
    let [batch, classes] = x.dims();
    let mine = x.clone().reshape([batch, classes, 1]);
    let other = x.reshape([batch, 1, classes]);
    let before: Tensor<3> = index_before(classes, &mine.device()).reshape([1, classes, classes]);
    let larger = other.clone().greater(mine.clone()).float();
    let equal = other.equal(mine).float();
    (larger + equal * before).sum_dim(2).reshape([batch, classes])
}

/// 1 in row i, column j where j < i.
pub fn index_before(n: usize, device: &Device) -> Tensor<2> {
    let values = (0..n * n).map(|e| if e % n < e / n { 1f32 } else { 0.0 }).collect::<Vec<_>>();
    Tensor::from_data(TensorData::new(values, [n, n]), device)
}

/// Labels as a mask of equal classes, `[a, b]` with 1 where row and column have the same class.
pub fn same_class(rows: &[usize], columns: &[usize], device: &Device) -> Tensor<2> {
    let values =
        rows.iter().flat_map(|r| columns.iter().map(move |c| if r == c { 1f32 } else { 0.0 })).collect::<Vec<_>>();
    Tensor::from_data(TensorData::new(values, [rows.len(), columns.len()]), device)
}

/// The identity matrix as numbers.
pub fn identity(n: usize, device: &Device) -> Tensor<2> {
    Tensor::eye(n, device)
}
