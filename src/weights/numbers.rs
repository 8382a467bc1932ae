//! The numbers of a safetensors file as 32-bit floats.

use half::{bf16, f16};
use safetensors::tensor::Dtype;

/// Floats of 16, 32 and 64 bits, whole numbers of 8 to 64 bits, and booleans as 0 and 1.
///
/// # Errors
/// Why not, to be put after the tensor's name: another type, a 64-bit float that is too large for 32 bits, or a whole number that
/// 32-bit floats do not have (those up to 2²⁴ are exact).
pub fn floats(dtype: Dtype, bytes: &[u8]) -> Result<Vec<f32>, String> {
    /// Reads numbers of a type, each by a function of its own.
    macro_rules! each {
        ($number:ty, $read:expr) => {{
            let (numbers, _) = bytes.as_chunks::<{ size_of::<$number>() }>();
            numbers.iter().map(|bytes| $read(<$number>::from_le_bytes(*bytes))).collect()
        }};
    }
    /// Whole numbers, none of which may be rounded.
    macro_rules! whole {
        ($number:ty) => {
            each!($number, |value: $number| {
                let float = value as f32;
                match float as i128 == value as i128 {
                    true => Ok(float),
                    false => Err(format!("holds {value}, a whole number that a 32-bit float does not have")),
                }
            })
        };
    }
    match dtype {
        Dtype::F32 => each!(f32, Ok),
        Dtype::F16 => each!(f16, |value: f16| Ok(value.to_f32())),
        Dtype::BF16 => each!(bf16, |value: bf16| Ok(value.to_f32())),
        Dtype::F64 => each!(f64, |value: f64| match value as f32 {
            float if float.is_infinite() && value.is_finite() =>
                Err(format!("holds {value:e}, which is too large for a 32-bit float")),
            float => Ok(float),
        }),
        Dtype::I8 => whole!(i8),
        Dtype::U8 => whole!(u8),
        Dtype::I16 => whole!(i16),
        Dtype::U16 => whole!(u16),
        Dtype::I32 => whole!(i32),
        Dtype::U32 => whole!(u32),
        Dtype::I64 => whole!(i64),
        Dtype::U64 => whole!(u64),
        Dtype::BOOL => Ok(bytes.iter().map(|byte| f32::from(u8::from(*byte != 0))).collect()),
        other => Err(format!(
            "is of the type {other:?}, and only floats of 16 to 64 bits, whole numbers and booleans are read"
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_width_of_numbers_is_read() {
        /// The bytes of numbers, as a file has them.
        macro_rules! bytes {
            ($($value:expr),*) => { [$($value.to_le_bytes().to_vec()),*].concat() };
        }
        for (dtype, bytes, expected) in [
            (Dtype::I8, bytes![-128i8, 127i8], vec![-128.0, 127.0]),
            (Dtype::U8, bytes![0u8, 255u8], vec![0.0, 255.0]),
            (Dtype::I16, bytes![i16::MIN, i16::MAX], vec![-32768.0, 32767.0]),
            (Dtype::U16, bytes![u16::MAX], vec![65535.0]),
            (Dtype::I32, bytes![-(1i32 << 24), 1i32 << 24], vec![-16_777_216.0, 16_777_216.0]),
            (Dtype::U32, bytes![1u32 << 31], vec![2_147_483_648.0]),
            (Dtype::I64, bytes![i64::MIN, 9i64], vec![-9_223_372_036_854_775_808.0, 9.0]),
            (Dtype::U64, bytes![3u64], vec![3.0]),
            (Dtype::BOOL, vec![0, 1, 1], vec![0.0, 1.0, 1.0]),
            (Dtype::F16, bytes![f16::from_f32(0.5)], vec![0.5]),
            (Dtype::BF16, bytes![bf16::from_f32(-2.0)], vec![-2.0]),
            (Dtype::F32, bytes![1.5f32], vec![1.5]),
            (Dtype::F64, bytes![0.25f64, -1e38f64], vec![0.25, -1e38]),
        ] {
            assert_eq!(floats(dtype, &bytes), Ok(expected), "{dtype:?}");
        }
        assert_eq!(floats(Dtype::F64, &f64::INFINITY.to_le_bytes()), Ok(vec![f32::INFINITY]));
        for (dtype, bytes, named) in [
            (Dtype::I32, bytes![(1i32 << 24) + 1], "16777217"),
            (Dtype::U32, bytes![u32::MAX], "4294967295"),
            (Dtype::I64, bytes![i64::MAX], "9223372036854775807"),
            (Dtype::U64, bytes![u64::MAX], "18446744073709551615"),
            (Dtype::F64, bytes![1e300f64], "1e300"),
            (Dtype::F8_E4M3, vec![1], "F8_E4M3"),
        ] {
            assert!(floats(dtype, &bytes).is_err_and(|why| why.contains(named)), "{dtype:?}");
        }
    }
}
