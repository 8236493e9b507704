//! What the compiler says to mistakes: one mistake a file, named after it.

#[test]
fn mistakes() {
    trybuild::TestCases::new().compile_fail("tests/ui/*/*.rs");
}
