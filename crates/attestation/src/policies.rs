//! The policies in force: those that were set, kept in the store, and the defaults.

use std::{
    collections::BTreeMap,
    sync::{Arc, PoisonError, RwLock},
};

use casemate_policy::{AttestationType, DocumentError, EmulatedAllowed, PolicyDocument, check_reset, default_policy};
use casemate_store::{Batch, CommitError, Entry, Expectation, Fault, Revision, Store};

use crate::error::{Code, Failure};

/// A stored or default policy cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PoliciesError {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] Fault),
    /// A policy does not parse.
    #[error("the policy of {attestation_type} cannot be used")]
    Policy {
        /// Whose policy.
        attestation_type: AttestationType,
        /// Why not.
        #[source]
        source: DocumentError,
    },
}

impl PoliciesError {
    /// The stable code in logs.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Store(fault) => fault.code(),
            Self::Policy { source, .. } => source.code(),
        }
    }
}

/// One type's policy, and the commit that set it.
#[derive(Debug)]
struct InForce {
    document: Arc<PolicyDocument>,
    /// `None` for the default.
    revision: Option<Revision>,
}

/// The policies of every type. Reading takes no I/O; changes go through the store and are compare-and-set.
pub(crate) struct Policies {
    store: Arc<dyn Store>,
    emulated: EmulatedAllowed,
    in_force: RwLock<BTreeMap<AttestationType, InForce>>,
}

fn key(attestation_type: AttestationType) -> String {
    format!("attestation/policy/{attestation_type}")
}

impl Policies {
    /// Reads every policy.
    pub(crate) fn open(store: Arc<dyn Store>, emulated: EmulatedAllowed) -> Result<Self, PoliciesError> {
        let policies = Self {
            store,
            emulated,
            in_force: RwLock::default(),
        };
        for attestation_type in AttestationType::ALL {
            policies.reload(attestation_type)?;
        }
        Ok(policies)
    }

    /// The policy in force for `attestation_type`.
    pub(crate) fn current(&self, attestation_type: AttestationType) -> Option<Arc<PolicyDocument>> {
        let in_force = self.in_force.read().unwrap_or_else(PoisonError::into_inner);
        in_force.get(&attestation_type).map(|found| Arc::clone(&found.document))
    }

    /// Sets the policy to the one in the JWS in `body`. Blocks on the store.
    pub(crate) fn set(&self, attestation_type: AttestationType, body: &[u8]) -> Result<Arc<PolicyDocument>, Failure> {
        let jws = token_of(body)?;
        let document = Arc::new(PolicyDocument::from_jws(jws).map_err(refused)?);
        let key = key(attestation_type);
        self.change(attestation_type, |batch| batch.put(key, jws))?;
        Ok(document)
    }

    /// Goes back to the default policy, as the JWS in `body` asks; returns that JWS. Blocks on the store.
    pub(crate) fn reset<'a>(&self, attestation_type: AttestationType, body: &'a [u8]) -> Result<&'a str, Failure> {
        let jws = token_of(body)?;
        check_reset(jws).map_err(refused)?;
        let key = key(attestation_type);
        self.change(attestation_type, |batch| batch.delete(key))?;
        Ok(jws)
    }

    fn change(&self, attestation_type: AttestationType, write: impl FnOnce(Batch) -> Batch) -> Result<(), Failure> {
        let seen = {
            let in_force = self.in_force.read().unwrap_or_else(PoisonError::into_inner);
            in_force.get(&attestation_type).and_then(|found| found.revision)
        };
        let expectation = seen.map_or(Expectation::Absent, Expectation::At);
        let committed = self
            .store
            .commit(&write(Batch::new().expect(key(attestation_type), expectation)));
        // Whatever happened: what the store holds now is what is in force.
        self.reload(attestation_type).map_err(|error| match error {
            PoliciesError::Store(fault) => fault.into(),
            PoliciesError::Policy { source, .. } => refused(source),
        })?;
        match committed {
            Ok(_) => Ok(()),
            Err(CommitError::Conflict { .. }) => {
                let message = "The policy was changed by someone else at the same time. Read it and try again.";
                Err(Failure::new(Code::Conflict, "conflict", message))
            }
            Err(CommitError::Fault(fault)) => Err(fault.into()),
            Err(other) => Err(Failure::new(
                Code::InvalidParameter,
                other.code(),
                "The policy is too long.",
            )),
        }
    }

    fn reload(&self, attestation_type: AttestationType) -> Result<(), PoliciesError> {
        // Held over reading the store, so that an older reading never replaces a newer one.
        let mut in_force = self.in_force.write().unwrap_or_else(PoisonError::into_inner);
        let stored = self.store.get(key(attestation_type).as_bytes())?;
        let revision = stored.as_ref().map(|entry| entry.revision);
        let document = match &stored {
            Some(Entry { value, .. }) => PolicyDocument::from_jws(&String::from_utf8_lossy(value)),
            None => PolicyDocument::from_text(default_policy(attestation_type, self.emulated)),
        }
        .map_err(|source| PoliciesError::Policy {
            attestation_type,
            source,
        })?;
        in_force.insert(
            attestation_type,
            InForce {
                document: Arc::new(document),
                revision,
            },
        );
        Ok(())
    }
}

/// The compact serialisation in a body: raw text, or a JSON string as some clients send.
fn token_of(body: &[u8]) -> Result<&str, Failure> {
    let text = std::str::from_utf8(body)
        .map_err(|_| Failure::new(Code::InvalidOperation, "policy_not_jws", "The body is not text."))?;
    let text = text.trim();
    Ok(text
        .strip_prefix('"')
        .and_then(|inner| inner.strip_suffix('"'))
        .unwrap_or(text))
}

/// What a client is told of a policy that is not accepted.
pub(crate) fn refused(error: DocumentError) -> Failure {
    let reason = error.code();
    match error {
        DocumentError::Parse(error) => {
            let (line, column) = (error.line, error.column);
            // In the words of Azure's own parser, which people search for.
            let message = format!(
                "Offending symbol: '{}' Line: '{line}', Column: '{column}' Failure message: '{error}'",
                error.found.trim_matches('`')
            );
            Failure::new(Code::PolicyParsingError, reason, message).at(line, column)
        }
        DocumentError::Signed => {
            let message = "Signed policies are not supported by this version. Send the policy unsigned (alg none).";
            Failure::new(Code::InvalidOperation, reason, message)
        }
        other => Failure::new(
            Code::InvalidOperation,
            reason,
            format!("The policy token is malformed: {other}."),
        ),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use casemate_store::MemoryStore;

    use super::*;

    const KIND: AttestationType = AttestationType::TdxVm;

    fn jws(tier: u8) -> String {
        let text = format!(
            "version=1.0;authorizationrules{{=>permit();}};issuancerules{{=>issue(type=\"t\",value={tier});}};"
        );
        PolicyDocument::from_text(&text).unwrap().jws().to_owned()
    }

    #[test]
    fn of_two_who_read_the_same_policy_one_wins_and_the_other_is_told() {
        let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
        let one = Policies::open(Arc::clone(&store), EmulatedAllowed::No).unwrap();
        let other = Policies::open(Arc::clone(&store), EmulatedAllowed::No).unwrap();
        one.set(KIND, jws(1).as_bytes()).unwrap();
        let failure = other.set(KIND, jws(2).as_bytes()).unwrap_err();
        assert_eq!(failure.code(), Code::Conflict);
        assert_eq!(
            other.current(KIND).unwrap().jws(),
            jws(1),
            "it has seen the winner's policy now"
        );
        other.set(KIND, jws(2).as_bytes()).unwrap();
        assert_eq!(
            one.reset(KIND, b"eyJhbGciOiJub25lIn0..").unwrap_err().code(),
            Code::Conflict
        );
        one.reset(KIND, b"eyJhbGciOiJub25lIn0..").unwrap();
        assert_eq!(store.get(key(KIND).as_bytes()).unwrap(), None);
    }

    #[test]
    fn what_is_refused_changes_nothing() {
        let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
        let policies = Policies::open(Arc::clone(&store), EmulatedAllowed::No).unwrap();
        let before = policies.current(KIND).unwrap();
        for body in [
            &b"\xff"[..],
            b"",
            b"{}",
            b"eyJhbGciOiJub25lIn0.e30.",
            b"eyJhbGciOiJub25lIn0.e30.AAAA",
        ] {
            assert_eq!(
                policies.set(KIND, body).unwrap_err().code(),
                Code::InvalidOperation,
                "{body:?}"
            );
        }
        assert_eq!(policies.current(KIND).unwrap(), before);
        policies.set(KIND, format!("\"{}\"\r\n", jws(1)).as_bytes()).unwrap();
        assert_eq!(
            policies.current(KIND).unwrap().jws(),
            jws(1),
            "a JSON string is taken as well"
        );
    }

    #[test]
    fn a_stored_policy_that_does_not_parse_is_not_replaced_by_the_default() {
        let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
        store.commit(&Batch::new().put(key(KIND), "nonsense")).unwrap();
        let refused = Policies::open(store, EmulatedAllowed::No).map(|_| ()).unwrap_err();
        assert!(
            matches!(
                refused,
                PoliciesError::Policy {
                    attestation_type: KIND,
                    ..
                }
            ),
            "{refused}"
        );
    }
}
