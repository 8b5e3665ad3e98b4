//! What services share: config, TLS listeners, authentication, egress, sealing, telemetry, health, shutdown.
