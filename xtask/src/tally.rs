//! Counting what a test suite really ran. A suite that ran nothing, or was skipped, has failed, whatever it exits with.

/// What a suite ran, and what is wrong with that besides failed tests.
#[derive(Debug, Default, Clone, PartialEq)]
pub struct Tally {
    pub passed: u64,
    pub failed: u64,
    pub ignored: u64,
    pub problems: Vec<String>,
}

impl Tally {
    /// Whether every test ran and passed.
    pub fn good(&self) -> bool {
        self.failed == 0 && self.problems.is_empty()
    }

    /// A tally of nothing but a problem, which counts as one failure.
    pub fn problem(sentence: impl Into<String>) -> Self {
        Self { problems: vec![sentence.into()], ..Self::default() }
    }

    /// Notes that the program's exit status was bad, and that at least one test must have run.
    fn judged(mut self, success: bool) -> Self {
        if self.passed + self.failed == 0 {
            self.problems.push("no test ran".into());
        }
        if !success && self.failed == 0 {
            self.problems.push("the run broke off; its last lines say why".into());
        }
        self
    }

    /// Adds the numbers of a line such as `test result: ok. 12 passed; 0 failed; 1 ignored; …`.
    fn add_result(&mut self, line: &str) {
        let Some(result) = line.trim().strip_prefix("test result: ") else {
            return;
        };
        for part in result.split([';', '.']) {
            match part.trim().split_once(' ') {
                Some((count, "passed")) => self.passed += count.parse().unwrap_or(0),
                Some((count, "failed")) => self.failed += count.parse().unwrap_or(0),
                Some((count, "ignored")) => self.ignored += count.parse().unwrap_or(0),
                _ => {}
            }
        }
    }
}

/// Native tests, from the output of `cargo test`. Unit and documentation tests may be missing in a target; a file in
/// tests/ without tests is a mistake.
pub fn native(output: &str, success: bool) -> Tally {
    let mut tally = Tally::default();
    let mut file = None;
    for line in output.lines().map(str::trim) {
        tally.add_result(line);
        if line.starts_with("Running ") || line.starts_with("Doc-tests ") {
            file = line.strip_prefix("Running tests/").and_then(|name| name.split(".rs").next());
            // tests/name.rs and tests/name/main.rs are both the test target `name`.
            file = file.map(|name| name.trim_end_matches("/main"));
        } else if let Some(name) = file.filter(|_| line == "running 0 tests") {
            tally.problems.push(format!("the test target {name} holds no test"));
        }
    }
    tally.judged(success)
}

/// Browser tests, from the output of `wasm-pack test`. Every target that was asked for must have run tests, and
/// `required` must stand somewhere in the output.
pub fn browser(output: &str, success: bool, required: Option<&str>) -> Tally {
    let mut tally = Tally::default();
    for line in output.lines() {
        tally.add_result(line);
        // wasm-bindgen-test-runner exits with 0 in all of these cases.
        if line.contains("no tests to run") {
            tally.problems.push("a test target held no test".into());
        } else if line.contains("so skipping") {
            tally.problems.push("a test target was skipped, because it is not configured to run in a browser".into());
        }
    }
    if let Some(required) = required.filter(|text| !output.contains(text)) {
        tally.problems.push(format!("no line says `{required}`, so it is not known what the tests ran on"));
    }
    tally.judged(success)
}

/// Page tests, from the TAP that `node --test` writes. A skipped or a to-do test is a problem.
pub fn page(tap: &str, success: bool) -> Tally {
    let mut tally = Tally::default();
    for line in tap.lines() {
        let Some((name, count)) = line.strip_prefix("# ").and_then(|line| line.split_once(' ')) else {
            continue;
        };
        let Ok(count) = count.trim().parse::<u64>() else {
            continue;
        };
        match name {
            "pass" => tally.passed = count,
            "fail" | "cancelled" => tally.failed += count,
            "skipped" | "todo" if count > 0 => tally.problems.push(format!("{count} tests are marked as {name}")),
            _ => {}
        }
    }
    tally.judged(success)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NATIVE: &str = "
     Running unittests src/lib.rs (target/release/deps/kd_lens-1)

running 2 tests
test a ... ok
test b ... ok

test result: ok. 2 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.10s

     Running unittests src/bin/kd-lens/main.rs (target/release/deps/kd_lens-2)

running 0 tests

test result: ok. 0 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s

     Running tests/session.rs (target/release/deps/session-3)

running 3 tests

test result: FAILED. 1 passed; 1 failed; 1 ignored; 0 measured; 0 filtered out; finished in 1.00s
";

    #[test]
    fn native_results_add_up() {
        let tally = native(NATIVE, false);
        assert_eq!(tally, Tally { passed: 3, failed: 1, ignored: 1, problems: vec![] });
        assert!(!tally.good());
    }

    #[test]
    fn a_test_file_without_tests_is_a_problem_but_a_program_without_is_not() {
        let passing = NATIVE.replace("1 passed; 1 failed", "2 passed; 0 failed");
        assert!(native(&passing, true).good());
        let empty = passing.replace("running 3 tests", "running 0 tests");
        assert_eq!(native(&empty, true).problems, ["the test target session holds no test"]);
    }

    #[test]
    fn no_test_at_all_and_a_broken_build_are_problems() {
        assert_eq!(native("", true).problems, ["no test ran"]);
        let broken = native("error[E0425]: cannot find value", false);
        assert_eq!(broken.problems.len(), 2);
        assert!(!native("test result: ok. 2 passed; 0 failed; 0 ignored", false).good());
    }

    #[test]
    fn browser_suites_that_ran_nothing_fail() {
        let good = "webgpu adapter: SwiftShader\ntest result: ok. 4 passed; 0 failed; 0 ignored; 0 filtered out";
        assert!(browser(good, true, Some("webgpu adapter: ")).good());
        assert_eq!(browser(good, true, None).passed, 4);
        assert!(!browser("test result: ok. 4 passed; 0 failed; 0 ignored", true, Some("webgpu adapter: ")).good());
        assert!(!browser("no tests to run!", true, None).good());
        assert!(!browser(&format!("{good}\nno tests to run!"), true, None).good());
        let skipping =
            "This test suite is only configured to run in node.js, but we're only running\nbrowser tests so skipping.";
        assert!(!browser(skipping, true, None).good());
    }

    #[test]
    fn page_tests_count_and_may_not_be_skipped() {
        let tap = "TAP version 13\nok 1 - opens\n# tests 3\n# suites 0\n# pass 3\n# fail 0\n# cancelled 0\n# skipped 0\n# todo 0\n";
        assert_eq!(page(tap, true), Tally { passed: 3, ..Tally::default() });
        assert!(!page(&tap.replace("skipped 0", "skipped 1"), true).good());
        assert!(!page(&tap.replace("cancelled 0", "cancelled 1"), false).good());
        assert!(!page("# tests 0\n# pass 0\n# fail 0\n", true).good());
        assert!(!page("", false).good());
    }
}
