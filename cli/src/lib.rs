//! What the program `kd-lens` is made of: files that appear whole or not at all, and studies. The mathematics is in the library
//! [`kd_lens`].

pub mod files;
pub mod study;
