//! What a predictive coding network is.

pub mod kernels;
pub mod scalar;
