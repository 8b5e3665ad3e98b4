//! Logs and metrics. Neither carries evidence, tokens or secrets.

use std::{
    io::IsTerminal,
    sync::{Arc, Mutex, PoisonError},
};

use prometheus_client::registry::Registry;
use tracing_subscriber::{
    EnvFilter, Layer, Registry as Subscriber, fmt, layer::SubscriberExt, util::SubscriberInitExt,
};

use crate::config::{self, ConfigError, LogFormat};

/// The content type of [`Metrics::encode`].
pub const METRICS_CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Starts logging to standard error. A second call changes nothing: the first subscriber stays.
///
/// # Errors
/// [`ConfigError::Invalid`] if `telemetry.level` is no level and no list of directives.
pub fn start_logging(telemetry: &config::Telemetry) -> Result<(), ConfigError> {
    let filter = EnvFilter::try_new(&telemetry.level)
        .map_err(|error| ConfigError::invalid("telemetry.level", error.to_string()))?;
    let lines = fmt::layer()
        .with_ansi(std::io::stderr().is_terminal())
        .with_writer(std::io::stderr);
    let lines: Box<dyn Layer<Subscriber> + Send + Sync> = match telemetry.format {
        LogFormat::Text => Box::new(lines.with_target(false)),
        LogFormat::Json => Box::new(lines.json().flatten_event(true).with_current_span(false)),
    };
    let _ = tracing_subscriber::registry()
        .with(lines.with_filter(filter))
        .try_init();
    Ok(())
}

/// The metrics of one service. Clones are the same metrics.
#[derive(Clone, Debug)]
pub struct Metrics {
    registry: Arc<Mutex<Registry>>,
}

impl Metrics {
    /// No metrics yet; every name that is registered gets the prefix `casemate_<service>_`.
    #[must_use]
    pub fn new(service: &str) -> Self {
        Self {
            registry: Arc::new(Mutex::new(Registry::with_prefix(format!("casemate_{service}")))),
        }
    }

    /// Lets a service register its metrics.
    pub fn register(&self, register: impl FnOnce(&mut Registry)) {
        register(&mut self.registry.lock().unwrap_or_else(PoisonError::into_inner));
    }

    /// The metrics as OpenMetrics text.
    #[must_use]
    pub fn encode(&self) -> String {
        let mut text = String::new();
        let registry = self.registry.lock().unwrap_or_else(PoisonError::into_inner);
        // Writing into a string cannot fail.
        let _ = prometheus_client::encoding::text::encode(&mut text, &registry);
        text
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use prometheus_client::metrics::counter::Counter;

    use super::*;

    #[test]
    fn metrics_carry_the_services_name() {
        let metrics = Metrics::new("example");
        let counter: Counter = Counter::default();
        metrics.register(|registry| registry.register("asked", "Requests", counter.clone()));
        counter.inc();
        assert!(metrics.encode().contains("casemate_example_asked_total 1"));
    }

    #[test]
    fn a_level_that_is_none_is_invalid() {
        let telemetry = config::Telemetry {
            level: "a=b=c".to_owned(),
            ..config::Telemetry::default()
        };
        assert!(matches!(
            start_logging(&telemetry),
            Err(ConfigError::Invalid {
                key: "telemetry.level",
                ..
            })
        ));
    }
}
