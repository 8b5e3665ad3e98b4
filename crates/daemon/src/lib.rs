//! What services share: configuration, TLS listeners, authentication, egress, sealing, telemetry and shutdown.

pub mod auth;
pub mod body;
mod clock;
pub mod config;
pub mod egress;
mod files;
pub mod listener;
pub mod seal;
mod shutdown;
pub mod telemetry;
pub mod tls;
mod unread;

pub use clock::now;
pub use files::{FileFault, read_private, write_private};
pub use shutdown::Shutdown;
