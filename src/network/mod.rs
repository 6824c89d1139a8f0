//! What a predictive coding network is: a graph of value vertices joined by operations, with levels and parameters.
//!
//! Nothing here runs inference or learns (see [`crate::learning`]); nothing here knows files, threads or clocks.

pub mod activation;
pub mod aligned;
pub mod build;
pub mod gradient;
pub mod graph;
pub mod init;
pub mod kernels;
pub mod layers;
pub mod loss;
pub mod ops;
pub mod plan;
pub mod presence;
pub mod scalar;
pub mod shape;
pub mod sketch;
pub mod weights;
pub mod window;

pub use activation::Activation;
pub use aligned::Aligned;
pub use build::Description;
pub use gradient::{Gradient, Sum};
pub use graph::{Graph, GraphError, Role};
pub use init::Init;
pub use layers::Layer;
pub use loss::Loss;
pub use ops::Op;
pub use plan::Plan;
pub use presence::Presence;
pub use scalar::Scalar;
pub use shape::Shape;
pub use weights::Weights;
pub use window::Window;
