//! The steps, in order.

use std::net::Ipv4Addr;
use std::path::Path;

use casemate_attestation::{Config, Running, Service};
use casemate_crypto::{b64, jose};
use casemate_policy::PolicyDocument;
use casemate_token::{ValidatedToken, validate};
use casemate_verify::{Context, Endorsements, Refusal, Trace, TrustAnchors, TrustClass, Verified};

use super::evidence::{Exhibit, RECORDED_AT, Tee};
use super::instance::Instance;
use super::report::{Outcome, Report};
use crate::commands::{now, serve::not_started};
use crate::exit::Failure;
use crate::files::{self, Access};
use crate::house::{House, Ports};
use crate::remote::{RemoteError, with_causes};

/// A policy that demands a newer enclave than the emulated one.
const REFUSING: &str = r#"version= 1.0;
authorizationrules
{
    [type=="x-ms-sgx-svn", value>=100] => permit();
};
issuancerules
{
};"#;

/// Walks the whole path, with everything it needs in `folder`.
///
/// # Errors
/// A fault if the tour cannot go on; steps that fail are in the report.
pub(crate) async fn walk(folder: &Path, report: &mut Report<'_>) -> Result<(), Failure> {
    report.heading("Real evidence, verified on this machine alone")?;
    for tee in Tee::ALL {
        report.step(&of_hardware(tee), verified_here(tee))?;
        report.step(&format!("{} with one bit flipped", tee.name()), refused_here(tee))?;
    }

    report.heading("The attestation service")?;
    let data = folder.join("dev");
    let (house, dev) = open(&data).await?;
    report.step("it runs", runs(&dev).await)?;
    let emulated = |tee| Exhibit::emulated(tee, &house.emulator, now());
    for tee in Tee::ALL {
        let words = format!("emulated {} evidence", tee.name());
        report.step(&words, attested(&dev, &emulated(tee)?).await)?;
    }

    let sgx = emulated(Tee::Sgx)?;
    walk_recorded(&folder.join("recorded"), &house, &sgx, report).await?;

    report.heading("What must not pass")?;
    report.step(
        "one bit flipped",
        refused(&dev, &sgx.tampered(), "signature_invalid").await,
    )?;
    report.step("somebody else's runtime data", other_runtime_data(&dev, &sgx).await)?;
    report.step("a forged token", forged(&dev, &sgx).await)?;
    report.step("a change of policy without a token", unauthorised(&dev).await)?;

    report.heading("Policy decides, and state stays")?;
    report.step("a refusing policy is set", set_policy(&dev, REFUSING).await)?;
    report.step(
        "it refuses, and says why",
        refused(&dev, &sgx, "policy_not_permitted").await,
    )?;
    house.close().await;
    let (house, dev) = open(&data).await?;
    report.step(
        "still so after a restart",
        refused(&dev, &sgx, "policy_not_permitted").await,
    )?;
    report.step("the default policy again", reset_policy(&dev, &sgx).await)?;
    house.close().await;
    Ok(())
}

/// The steps with real evidence and a service of its own, which accepts hardware only.
async fn walk_recorded(
    folder: &Path,
    house: &House,
    emulated: &Exhibit,
    report: &mut Report<'_>,
) -> Result<(), Failure> {
    report.heading("A service that accepts hardware only, at the time when the evidence was recorded")?;
    let running = start_recorded(folder, house).await?;
    let recorded = Instance::new(running.url(), running.ca_pem().unwrap_or(&house.ca_pem), &house.token)?;
    for tee in Tee::ALL {
        report.step(&of_hardware(tee), attested(&recorded, &Exhibit::real(tee)).await)?;
    }
    // A root beside the evidence is never trusted, and nothing falls back to a weaker class.
    report.step(
        "emulated evidence is refused",
        refused(&recorded, emulated, "untrusted").await,
    )?;
    running.shutdown().await;
    Ok(())
}

/// Everything that `casemate dev` starts, on the state in `data`.
async fn open(data: &Path) -> Result<(House, Instance), Failure> {
    let house = House::open(data, Ports::Free, now()).await?;
    let dev = Instance::new(house.attestation.url(), &house.ca_pem, &house.token)?;
    Ok((house, dev))
}

fn of_hardware(tee: Tee) -> String {
    format!("{} evidence of real hardware", tee.name())
}

/// Verifies real evidence under the vendors' compiled-in roots, with no service and no network.
fn verify_here(exhibit: &Exhibit) -> Result<Verified, Refusal> {
    let mut endorsements = Endorsements::new();
    for file in &exhibit.endorsements {
        endorsements.add(file)?;
    }
    let anchors = TrustAnchors::vendor();
    let context = Context {
        anchors: &anchors,
        endorsements: &endorsements,
        time: RECORDED_AT,
        cache: None,
    };
    casemate_verify::verify(&exhibit.evidence, &context, &mut Trace::new())
}

fn verified_here(tee: Tee) -> Outcome {
    let verified = verify_here(&Exhibit::real(tee)).map_err(|refusal| refusal.to_string())?;
    if verified.class() != TrustClass::Hardware {
        return Err(format!("the class is {}", verified.class()));
    }
    let facts = verified.claims().facts();
    let measurement = facts
        .get(tee.measurement_fact())
        .and_then(serde_json::Value::as_str)
        .unwrap_or_default();
    Ok(format!(
        "{} vouches for {}; TCB {}; class {}",
        verified.anchor(),
        short(measurement),
        verified.tcb().status.as_str(),
        verified.class()
    ))
}

fn refused_here(tee: Tee) -> Outcome {
    match verify_here(&Exhibit::real(tee).tampered()) {
        Ok(_) => Err("it was accepted".to_owned()),
        Err(refusal @ Refusal::SignatureInvalid { .. }) => Ok(format!("refused: {refusal}")),
        Err(refusal) => Err(format!("refused for another reason: {refusal}")),
    }
}

async fn runs(dev: &Instance) -> Outcome {
    let keys = dev.keys().await?;
    Ok(format!(
        "{}, TLS under its own CA, {} signing key by OpenID discovery",
        dev.url,
        keys.keys.len()
    ))
}

/// Evidence for a token, and the token validated as a relying party would.
async fn attested(service: &Instance, exhibit: &Exhibit) -> Outcome {
    let nonce = b64::url(&casemate_crypto::rand::bytes::<16>());
    let token = service.attest(exhibit, &nonce).await.map_err(words)?;
    let token = service.validate(&token, now()).await?;
    if text(&token, "nonce") != nonce {
        return Err("the token does not carry the nonce".to_owned());
    }
    let held = match &exhibit.runtime_data {
        None => "",
        Some(sent) => {
            let sent: serde_json::Value = serde_json::from_slice(sent).unwrap_or_default();
            if token.claim("x-ms-runtime") != Some(&sent) {
                return Err("the token does not carry the runtime data".to_owned());
            }
            " and the key it holds"
        }
    };
    Ok(format!(
        "token for {}{held}, validated against the JWKS; class {}",
        short(text(&token, exhibit.tee.measurement_claim())),
        token.trust_class().unwrap_or("none")
    ))
}

/// A service that verifies evidence at the time of the recordings. It accepts hardware only.
async fn start_recorded(folder: &Path, house: &House) -> Result<Running, Failure> {
    let collateral = folder.join("collateral");
    std::fs::create_dir_all(&collateral)
        .map_err(|error| Failure::fault(format!("{}: {error}", collateral.display())))?;
    for tee in Tee::ALL {
        for (number, file) in Exhibit::real(tee).endorsements.iter().enumerate() {
            files::write(
                &collateral.join(format!("{}-{number}", tee.name())),
                file,
                Access::Shared,
            )?;
        }
    }
    let mut config = Config {
        listen: (Ipv4Addr::LOCALHOST, 0).into(),
        data_dir: folder.join("attestation"),
        insecure_verification_time: RECORDED_AT.to_string(),
        ..Config::default()
    };
    config.auth.dev_token_file = house.data.join("token");
    config.collateral.dir = collateral;
    config.tls.self_made_dir = house.data.join("tls");
    config.seal.insecure_file_sealer = folder.join("seal.key");
    Service::start(config).await.map_err(|error| not_started(&error))
}

/// The service must refuse for `reason`, its finer code; the words of its refusal are what was proven.
async fn refused(service: &Instance, exhibit: &Exhibit, reason: &str) -> Outcome {
    match service.attest(exhibit, "refused").await {
        Ok(_) => Err("it was accepted".to_owned()),
        Err(error) if error.reason() == reason => Ok(format!("refused: {}", one_line(&with_causes(&error)))),
        Err(error) => Err(words(error)),
    }
}

async fn other_runtime_data(dev: &Instance, exhibit: &Exhibit) -> Outcome {
    let stolen = Exhibit {
        runtime_data: Some(br#"{"keys":["mine"]}"#.to_vec()),
        ..exhibit.clone()
    };
    refused(dev, &stolen, "runtime_data_mismatch").await
}

/// A token whose claims were changed, and one that was never signed.
async fn forged(dev: &Instance, exhibit: &Exhibit) -> Outcome {
    let token = dev.attest(exhibit, "forged").await.map_err(words)?;
    let keys = dev.keys().await?;
    let honest = validate(&token, &keys, &dev.url, now()).map_err(|refusal| refusal.to_string())?;
    let mut claims = honest.claims().clone();
    claims.insert("x-casemate-trust-class".to_owned(), "hardware".into());
    let payload = serde_json::to_vec(&claims).unwrap_or_default();
    let (head, signature) = match token.split('.').collect::<Vec<_>>().as_slice() {
        [head, _, signature] => ((*head).to_owned(), (*signature).to_owned()),
        _ => return Err("the token does not have three parts".to_owned()),
    };
    let changed = format!("{head}.{}.{signature}", b64::url(&payload));
    for forged in [changed, jose::unsecured(&payload)] {
        if validate(&forged, &keys, &dev.url, now()).is_ok() {
            return Err("a relying party takes it".to_owned());
        }
    }
    Ok("a relying party refuses changed claims and a missing signature".to_owned())
}

async fn unauthorised(dev: &Instance) -> Outcome {
    let document = PolicyDocument::from_text(REFUSING).map_err(|error| error.to_string())?;
    let call = dev.anybody.set_policy(Tee::Sgx.attestation_type(), document.jws());
    match dev.call(&call).await {
        Ok(_) => Err("it was accepted".to_owned()),
        Err(error) if error.code() == "Unauthorized" => Ok(format!("refused: {}", one_line(&with_causes(&error)))),
        Err(error) => Err(words(error)),
    }
}

async fn set_policy(dev: &Instance, policy: &str) -> Outcome {
    let document = PolicyDocument::from_text(policy).map_err(|error| error.to_string())?;
    let call = dev.owner.set_policy(Tee::Sgx.attestation_type(), document.jws());
    let answer = dev.call(&call).await.map_err(words)?;
    let token = dev.validate(&answer.token, now()).await?;
    if text(&token, "x-ms-policy-token-hash") != document.token_hash() {
        return Err("the signed answer names another policy".to_owned());
    }
    Ok(format!(
        "a signed answer says {} and names its hash",
        text(&token, "x-ms-policy-result")
    ))
}

async fn reset_policy(dev: &Instance, exhibit: &Exhibit) -> Outcome {
    let call = dev
        .owner
        .reset_policy(exhibit.tee.attestation_type(), &jose::unsecured(b""));
    let answer = dev.call(&call).await.map_err(words)?;
    let token = dev.validate(&answer.token, now()).await?;
    attested(dev, exhibit).await?;
    Ok(format!(
        "a signed answer says {}, and the evidence is accepted again",
        text(&token, "x-ms-policy-result")
    ))
}

fn text<'a>(token: &'a ValidatedToken, claim: &str) -> &'a str {
    token
        .claim(claim)
        .and_then(serde_json::Value::as_str)
        .unwrap_or_default()
}

/// The first bytes of a measurement: enough to compare by eye.
fn short(hex: &str) -> String {
    match hex.get(..16) {
        Some(start) => format!("{start}…"),
        None => "nothing".to_owned(),
    }
}

fn words(error: RemoteError) -> String {
    format!("{}: {}", error.code(), one_line(&with_causes(&error)))
}

fn one_line(text: &str) -> String {
    const LONGEST: usize = 170;
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", line.get(..end).unwrap_or_default()),
        None => line,
    }
}
