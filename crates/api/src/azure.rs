//! Error bodies of Azure's REST interfaces (Microsoft REST API guidelines, `error` object; Azure.Core).

use serde::{Deserialize, Serialize};

/// `{"error": {...}}`. Reading tolerates a capital first letter, which some of Azure's services write.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErrorBody {
    /// The error.
    #[serde(alias = "Error")]
    pub error: ErrorDetail,
}

/// What went wrong: a stable code, and words for a person.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErrorDetail {
    /// Stable code, also in the header `x-ms-error-code`.
    #[serde(alias = "Code")]
    pub code: String,
    /// Words for a person; not stable.
    #[serde(alias = "Message")]
    pub message: String,
    /// The part of the request that is at fault.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<String>,
    /// More than one thing may be wrong.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub details: Vec<ErrorDetail>,
    /// Finer than the code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub innererror: Option<InnerError>,
}

/// Casemate's own, finer code and what can be done.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct InnerError {
    /// Stable code of the refusal, e.g. `expired`, `collateral_missing`.
    pub code: String,
    /// What a person can do about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
    /// Line of a policy, from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<u32>,
    /// Column of a policy in characters, from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub column: Option<u32>,
}
