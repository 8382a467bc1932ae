//! How the C library hands out memory.

/// Has freed memory kept for the next tensor of its size. Every training step makes and frees the same maps of some megabytes;
/// by default glibc gives them back to the system, which then clears and maps the pages again: a tenth of a step.
pub fn keep_freed() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    {
        use std::ffi::c_int;
        const M_TRIM_THRESHOLD: c_int = -1;
        const M_MMAP_THRESHOLD: c_int = -3;
        #[allow(unsafe_code)]
        // SAFETY: the function of glibc with this signature; it only sets numbers, and no other thread runs yet.
        unsafe {
            unsafe extern "C" {
                fn mallopt(parameter: c_int, value: c_int) -> c_int;
            }
            // Where glibc refuses a value it stays with its own.
            mallopt(M_TRIM_THRESHOLD, 1 << 30);
            // The largest that it accepts.
            mallopt(M_MMAP_THRESHOLD, 32 << 20);
        }
    }
}
