//! What is counted. No label carries a part of a request's own text.

use std::sync::atomic::AtomicI64;

use casemate_daemon::telemetry::Metrics as Registry;
use prometheus_client::{
    encoding::EncodeLabelSet,
    metrics::{counter::Counter, family::Family, gauge::Gauge, histogram::Histogram},
};

/// Bounds of the latency histogram, seconds.
const LATENCY: [f64; 12] = [
    0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0,
];

/// Of a request.
#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
pub(crate) struct RequestLabels {
    pub(crate) route: &'static str,
    pub(crate) status: u16,
}

/// Of a latency.
#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
pub(crate) struct RouteLabel {
    pub(crate) route: &'static str,
}

/// Of an attest request: the class is `none` if the evidence was not verified, the code `ok` if there is a token.
#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
pub(crate) struct VerdictLabels {
    pub(crate) attestation_type: &'static str,
    pub(crate) class: &'static str,
    pub(crate) code: String,
}

/// The service's metrics.
#[derive(Clone, Debug)]
pub(crate) struct Metrics {
    pub(crate) registry: Registry,
    pub(crate) requests: Family<RequestLabels, Counter>,
    pub(crate) verdicts: Family<VerdictLabels, Counter>,
    pub(crate) latency: Family<RouteLabel, Histogram>,
    pub(crate) collateral: Gauge<i64, AtomicI64>,
}

impl Metrics {
    pub(crate) fn new() -> Self {
        let metrics = Self {
            registry: Registry::new("attestation"),
            requests: Family::default(),
            verdicts: Family::default(),
            latency: Family::new_with_constructor(|| Histogram::new(LATENCY)),
            collateral: Gauge::default(),
        };
        metrics.registry.register(|registry| {
            registry.register("requests", "Requests by route and status", metrics.requests.clone());
            let help =
                "Attestation verdicts by type, trust class (none if refused) and code (ok if a token was issued)";
            registry.register("verdicts", help, metrics.verdicts.clone());
            registry.register("request_seconds", "Time to answer, by route", metrics.latency.clone());
            registry.register(
                "collateral_documents",
                "Endorsements loaded from files",
                metrics.collateral.clone(),
            );
        });
        metrics
    }
}
