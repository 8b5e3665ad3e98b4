//! Versioned types of every service and sans-IO clients.
