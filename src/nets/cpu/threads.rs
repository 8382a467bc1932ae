//! Work on parts of tensors: on rayon's threads natively, one part after the other in a browser.

/// How many parts can be worked on at the same time.
pub fn count() -> usize {
    #[cfg(not(target_arch = "wasm32"))]
    return rayon::current_num_threads();
    #[cfg(target_arch = "wasm32")]
    1
}

/// Calls `f` with corresponding parts of `x` and `out`, of which the last may be shorter. `scratch` makes something that is
/// kept from part to part for as long as a thread goes on with them.
#[cfg(not(target_arch = "wasm32"))]
pub fn for_each<S: Send>(
    x: &[f32],
    part: usize,
    out: &mut [f32],
    part_out: usize,
    scratch: impl Fn() -> S + Sync + Send,
    f: impl Fn(&mut S, &[f32], &mut [f32]) + Sync + Send,
) {
    use rayon::prelude::*;
    let parts = out.par_chunks_mut(part_out).zip(x.par_chunks(part));
    parts.for_each_init(scratch, |scratch, (out, x)| f(scratch, x, out));
}

/// Calls `f` with corresponding parts of `x` and `out`, of which the last may be shorter. `scratch` makes something that is kept
/// from part to part.
#[cfg(target_arch = "wasm32")]
pub fn for_each<S>(
    x: &[f32],
    part: usize,
    out: &mut [f32],
    part_out: usize,
    scratch: impl Fn() -> S,
    f: impl Fn(&mut S, &[f32], &mut [f32]),
) {
    let mut scratch = scratch();
    out.chunks_mut(part_out).zip(x.chunks(part)).for_each(|(out, x)| f(&mut scratch, x, out));
}

/// What `f` makes of corresponding parts of `a` and `b`, in their order. The last parts may be shorter.
#[cfg(not(target_arch = "wasm32"))]
pub fn map<T: Send>(
    a: &[f32],
    part_a: usize,
    b: &[f32],
    part_b: usize,
    f: impl Fn(&[f32], &[f32]) -> T + Sync + Send,
) -> Vec<T> {
    use rayon::prelude::*;
    a.par_chunks(part_a).zip(b.par_chunks(part_b)).map(|(a, b)| f(a, b)).collect()
}

/// What `f` makes of corresponding parts of `a` and `b`, in their order. The last parts may be shorter.
#[cfg(target_arch = "wasm32")]
pub fn map<T>(a: &[f32], part_a: usize, b: &[f32], part_b: usize, f: impl Fn(&[f32], &[f32]) -> T) -> Vec<T> {
    a.chunks(part_a).zip(b.chunks(part_b)).map(|(a, b)| f(a, b)).collect()
}

/// Calls `f` with corresponding parts of `a`, `b` and `out`, all of one length.
#[cfg(not(target_arch = "wasm32"))]
pub fn for_each_of_two(
    a: &[f32],
    b: &[f32],
    out: &mut [f32],
    part: usize,
    f: impl Fn(&[f32], &[f32], &mut [f32]) + Sync + Send,
) {
    use rayon::prelude::*;
    let parts = a.par_chunks_exact(part).zip(b.par_chunks_exact(part)).zip(out.par_chunks_exact_mut(part));
    parts.for_each(|((a, b), out)| f(a, b, out));
}

/// Calls `f` with corresponding parts of `a`, `b` and `out`, all of one length.
#[cfg(target_arch = "wasm32")]
pub fn for_each_of_two(a: &[f32], b: &[f32], out: &mut [f32], part: usize, f: impl Fn(&[f32], &[f32], &mut [f32])) {
    let parts = a.chunks_exact(part).zip(b.chunks_exact(part)).zip(out.chunks_exact_mut(part));
    parts.for_each(|((a, b), out)| f(a, b, out));
}
