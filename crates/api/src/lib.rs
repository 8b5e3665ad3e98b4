//! Versioned types of every service and sans-IO clients.

#![cfg_attr(not(test), warn(clippy::disallowed_methods))]
