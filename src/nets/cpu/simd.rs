//! Vectors of f32 and the choice of instructions at run time.
//!
//! Kernels are written once, over [`Vector`]; [`run`] compiles them for every set of instructions that may be at hand.
#![allow(unsafe_code)]

/// `L` numbers in one register.
pub trait Vector<const L: usize>: Copy {
    /// All lanes the same.
    fn splat(x: f32) -> Self;
    /// From memory, not aligned.
    fn load(from: &[f32; L]) -> Self;
    /// To memory, not aligned.
    fn store(self, to: &mut [f32; L]);
    /// `self·b + c`, rounded once or twice.
    fn multiply_add(self, b: Self, c: Self) -> Self;
    /// `self + b`.
    fn add(self, b: Self) -> Self;
    /// `self − b`.
    fn sub(self, b: Self) -> Self;
    /// `self·b`.
    fn mul(self, b: Self) -> Self;
    /// 0 in lanes below 0; what is not a number stays so.
    fn relu(self) -> Self;
    /// 0 in lanes where `test` is 0 or below; where it is not a number the lane stays.
    fn unless_cut(self, test: Self) -> Self;
    /// The lanes added up.
    fn sum(self) -> f32;
    /// Of two vectors in a row: the numbers at even places, those at odd places.
    fn deinterleave(self, next: Self) -> [Self; 2];
}

/// A loop nest over vectors of any length. No closure in it may hold vectors: a closure is compiled without the instructions, and
/// where the compiler does not inline it every vector goes through memory.
pub trait Kernel {
    /// Runs it with vectors of `L` lanes.
    fn run<V: Vector<L>, const L: usize>(self);
}

/// Lanes added up pairwise.
#[inline(always)]
fn tree<const L: usize>(mut lanes: [f32; L]) -> f32 {
    let mut n = L / 2;
    while n > 0 {
        for i in 0..n {
            lanes[i] += lanes[i + n];
        }
        n /= 2;
    }
    lanes[0]
}

/// Four lanes in the instructions that every processor of the target has.
#[cfg(not(target_arch = "wasm32"))]
#[derive(Clone, Copy)]
struct Plain([f32; 4]);

#[cfg(not(target_arch = "wasm32"))]
impl Vector<4> for Plain {
    #[inline(always)]
    fn splat(x: f32) -> Self {
        Self([x; 4])
    }
    #[inline(always)]
    fn load(from: &[f32; 4]) -> Self {
        Self(*from)
    }
    #[inline(always)]
    fn store(self, to: &mut [f32; 4]) {
        *to = self.0;
    }
    #[inline(always)]
    fn multiply_add(self, b: Self, c: Self) -> Self {
        // On aarch64 every processor has the fused instruction.
        let one = |i: usize| match cfg!(target_arch = "aarch64") {
            true => self.0[i].mul_add(b.0[i], c.0[i]),
            false => self.0[i] * b.0[i] + c.0[i],
        };
        Self([one(0), one(1), one(2), one(3)])
    }
    #[inline(always)]
    fn add(self, b: Self) -> Self {
        Self(std::array::from_fn(|i| self.0[i] + b.0[i]))
    }
    #[inline(always)]
    fn sub(self, b: Self) -> Self {
        Self(std::array::from_fn(|i| self.0[i] - b.0[i]))
    }
    #[inline(always)]
    fn mul(self, b: Self) -> Self {
        Self(std::array::from_fn(|i| self.0[i] * b.0[i]))
    }
    #[inline(always)]
    fn relu(self) -> Self {
        Self(self.0.map(|x| if x < 0.0 { 0.0 } else { x }))
    }
    #[inline(always)]
    fn unless_cut(self, test: Self) -> Self {
        Self(std::array::from_fn(|i| if test.0[i] <= 0.0 { 0.0 } else { self.0[i] }))
    }
    #[inline(always)]
    fn sum(self) -> f32 {
        tree(self.0)
    }
    #[inline(always)]
    fn deinterleave(self, next: Self) -> [Self; 2] {
        let (a, b) = (self.0, next.0);
        [Self([a[0], a[2], b[0], b[2]]), Self([a[1], a[3], b[1], b[3]])]
    }
}

#[cfg(target_arch = "wasm32")]
mod wasm {
    use std::arch::wasm32::*;

    /// A register of WebAssembly.
    #[derive(Clone, Copy)]
    pub struct W4(v128);

    impl super::Vector<4> for W4 {
        #[inline(always)]
        fn splat(x: f32) -> Self {
            Self(f32x4_splat(x))
        }
        #[inline(always)]
        fn load(from: &[f32; 4]) -> Self {
            // SAFETY: 16 bytes can be read there; the instruction needs no alignment.
            Self(unsafe { v128_load(from.as_ptr().cast()) })
        }
        #[inline(always)]
        fn store(self, to: &mut [f32; 4]) {
            // SAFETY: 16 bytes can be written there; the instruction needs no alignment.
            unsafe { v128_store(to.as_mut_ptr().cast(), self.0) }
        }
        #[inline(always)]
        fn multiply_add(self, b: Self, c: Self) -> Self {
            #[cfg(feature = "relaxed")]
            return Self(f32x4_relaxed_madd(self.0, b.0, c.0));
            #[cfg(not(feature = "relaxed"))]
            Self(f32x4_add(f32x4_mul(self.0, b.0), c.0))
        }
        #[inline(always)]
        fn add(self, b: Self) -> Self {
            Self(f32x4_add(self.0, b.0))
        }
        #[inline(always)]
        fn sub(self, b: Self) -> Self {
            Self(f32x4_sub(self.0, b.0))
        }
        #[inline(always)]
        fn mul(self, b: Self) -> Self {
            Self(f32x4_mul(self.0, b.0))
        }
        #[inline(always)]
        fn relu(self) -> Self {
            Self(f32x4_pmax(self.0, f32x4_splat(0.0)))
        }
        #[inline(always)]
        fn unless_cut(self, test: Self) -> Self {
            Self(v128_andnot(self.0, f32x4_le(test.0, f32x4_splat(0.0))))
        }
        #[inline(always)]
        fn sum(self) -> f32 {
            let mut lanes = [0.0; 4];
            self.store(&mut lanes);
            super::tree(lanes)
        }
        #[inline(always)]
        fn deinterleave(self, next: Self) -> [Self; 2] {
            [Self(i32x4_shuffle::<0, 2, 4, 6>(self.0, next.0)), Self(i32x4_shuffle::<1, 3, 5, 7>(self.0, next.0))]
        }
    }
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    use std::arch::x86_64::*;

    macro_rules! vector {
        ($name:ident, $lanes:literal, $register:ty, $splat:ident, $load:ident, $store:ident, $fused:ident, $add:ident,
         $sub:ident, $mul:ident, $max:ident, $deinterleave:ident, |$test:ident, $zero:ident, $value:ident| $cut:expr) => {
            /// A register; only made inside of functions that were chosen because the processor has it.
            #[derive(Clone, Copy)]
            pub struct $name($register);

            // SAFETY: `run` uses these types only after it has asked the processor for the feature.
            // Loads and stores are not aligned and go through references to as many numbers as they touch.
            impl super::Vector<$lanes> for $name {
                #[inline(always)]
                fn splat(x: f32) -> Self {
                    Self(unsafe { $splat(x) })
                }
                #[inline(always)]
                fn load(from: &[f32; $lanes]) -> Self {
                    Self(unsafe { $load(from.as_ptr()) })
                }
                #[inline(always)]
                fn store(self, to: &mut [f32; $lanes]) {
                    unsafe { $store(to.as_mut_ptr(), self.0) }
                }
                #[inline(always)]
                fn multiply_add(self, b: Self, c: Self) -> Self {
                    Self(unsafe { $fused(self.0, b.0, c.0) })
                }
                #[inline(always)]
                fn add(self, b: Self) -> Self {
                    Self(unsafe { $add(self.0, b.0) })
                }
                #[inline(always)]
                fn sub(self, b: Self) -> Self {
                    Self(unsafe { $sub(self.0, b.0) })
                }
                #[inline(always)]
                fn mul(self, b: Self) -> Self {
                    Self(unsafe { $mul(self.0, b.0) })
                }
                #[inline(always)]
                fn relu(self) -> Self {
                    // Of a number and a NaN the instruction returns its second operand.
                    Self(unsafe { $max($splat(0.0), self.0) })
                }
                #[inline(always)]
                fn unless_cut(self, test: Self) -> Self {
                    let ($test, $value) = (test.0, self.0);
                    Self(unsafe {
                        let $zero = $splat(0.0);
                        $cut
                    })
                }
                #[inline(always)]
                fn sum(self) -> f32 {
                    let mut lanes = [0.0; $lanes];
                    self.store(&mut lanes);
                    super::tree(lanes)
                }
                #[inline(always)]
                fn deinterleave(self, next: Self) -> [Self; 2] {
                    let [even, odd] = unsafe { $deinterleave(self.0, next.0) };
                    [Self(even), Self(odd)]
                }
            }
        };
    }

    #[target_feature(enable = "avx2,fma")]
    fn deinterleave_4(a: __m128, b: __m128) -> [__m128; 2] {
        [_mm_shuffle_ps::<0b10_00_10_00>(a, b), _mm_shuffle_ps::<0b11_01_11_01>(a, b)]
    }

    #[target_feature(enable = "avx2,fma")]
    fn deinterleave_8(a: __m256, b: __m256) -> [__m256; 2] {
        let halves = [_mm256_shuffle_ps::<0b10_00_10_00>(a, b), _mm256_shuffle_ps::<0b11_01_11_01>(a, b)];
        let [even, odd] = [_mm256_castps_pd(halves[0]), _mm256_castps_pd(halves[1])];
        let [even, odd] = [_mm256_permute4x64_pd::<0b11_01_10_00>(even), _mm256_permute4x64_pd::<0b11_01_10_00>(odd)];
        [_mm256_castpd_ps(even), _mm256_castpd_ps(odd)]
    }

    #[target_feature(enable = "avx512f,avx2,fma")]
    fn deinterleave_16(a: __m512, b: __m512) -> [__m512; 2] {
        let even = _mm512_setr_epi32(0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30);
        let odd = _mm512_add_epi32(even, _mm512_set1_epi32(1));
        [_mm512_permutex2var_ps(a, even, b), _mm512_permutex2var_ps(a, odd, b)]
    }

    vector!(
        X4,
        4,
        __m128,
        _mm_set1_ps,
        _mm_loadu_ps,
        _mm_storeu_ps,
        _mm_fmadd_ps,
        _mm_add_ps,
        _mm_sub_ps,
        _mm_mul_ps,
        _mm_max_ps,
        deinterleave_4,
        |test, zero, value| _mm_andnot_ps(_mm_cmp_ps::<_CMP_LE_OQ>(test, zero), value)
    );
    vector!(
        X8,
        8,
        __m256,
        _mm256_set1_ps,
        _mm256_loadu_ps,
        _mm256_storeu_ps,
        _mm256_fmadd_ps,
        _mm256_add_ps,
        _mm256_sub_ps,
        _mm256_mul_ps,
        _mm256_max_ps,
        deinterleave_8,
        |test, zero, value| _mm256_andnot_ps(_mm256_cmp_ps::<_CMP_LE_OQ>(test, zero), value)
    );
    vector!(
        X16,
        16,
        __m512,
        _mm512_set1_ps,
        _mm512_loadu_ps,
        _mm512_storeu_ps,
        _mm512_fmadd_ps,
        _mm512_add_ps,
        _mm512_sub_ps,
        _mm512_mul_ps,
        _mm512_max_ps,
        deinterleave_16,
        |test, zero, value| _mm512_mask_mov_ps(value, _mm512_cmp_ps_mask::<_CMP_LE_OQ>(test, zero), zero)
    );
}

/// Lanes of the longest vectors of this processor, 8 or 16; 0 where there are none of these.
#[cfg(target_arch = "x86_64")]
fn widest() -> usize {
    if !(std::arch::is_x86_feature_detected!("avx2") && std::arch::is_x86_feature_detected!("fma")) {
        return 0;
    }
    if std::arch::is_x86_feature_detected!("avx512f") { 16 } else { 8 }
}

/// Runs a kernel with the longest vectors that divide `width`, which must be a multiple of 4.
pub fn run(width: usize, kernel: impl Kernel) {
    #[cfg(target_arch = "x86_64")]
    {
        #[target_feature(enable = "avx512f,avx2,fma")]
        fn with_16(kernel: impl Kernel) {
            kernel.run::<x86::X16, 16>();
        }
        #[target_feature(enable = "avx2,fma")]
        fn with_8(kernel: impl Kernel) {
            kernel.run::<x86::X8, 8>();
        }
        #[target_feature(enable = "avx2,fma")]
        fn with_4(kernel: impl Kernel) {
            kernel.run::<x86::X4, 4>();
        }
        let widest = widest();
        // SAFETY: `widest` has asked the processor for the features; what else kernels need they assert themselves.
        match (widest, width) {
            (16, w) if w % 16 == 0 => unsafe { with_16(kernel) },
            (8.., w) if w % 8 == 0 => unsafe { with_8(kernel) },
            (8.., _) => unsafe { with_4(kernel) },
            _ => kernel.run::<Plain, 4>(),
        }
    }
    #[cfg(target_arch = "wasm32")]
    {
        // A function of its own: the browser's compiler does better with the registers of one loop nest than of several.
        // Asked for here alone: a crate below burn-flex does not compile with it.
        #[inline(never)]
        #[cfg_attr(feature = "relaxed", target_feature(enable = "relaxed-simd"))]
        fn with_4(kernel: impl Kernel) {
            kernel.run::<wasm::W4, 4>();
        }
        with_4(kernel);
    }
    #[cfg(not(any(target_arch = "x86_64", target_arch = "wasm32")))]
    kernel.run::<Plain, 4>();
    #[cfg(not(target_arch = "x86_64"))]
    let _ = width;
}
