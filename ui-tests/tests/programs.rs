//! Compiles and runs `pass/`, and compares the messages of `fail/` with those recorded beside each program
//! (`TRYBUILD=overwrite` records them anew).

#[test]
fn programs() {
    let programs = trybuild::TestCases::new();
    programs.pass("pass/*.rs");
    programs.compile_fail("fail/*.rs");
}
