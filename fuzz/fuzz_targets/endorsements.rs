#![no_main]
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    casemate_testkit::fuzz::endorsements(bytes);
});
