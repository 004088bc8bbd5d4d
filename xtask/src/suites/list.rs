//! What `cargo xtask lint`, `cargo xtask test` and `cargo xtask test-quick` consist of.

use super::count::Report;
use super::{Plan, Suite};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Of every idea of `tests/processes` the file that shows most of it in little time.
const QUICK: [&str; 15] = [
    "awaiting/test_awaitable.py",
    "callbacks/test_class_callbacks.py",
    "calls/test_first_call.py",
    "errors/test_remote_errors.py",
    "faults/test_gone.py",
    "fetchers/test_class_fetchers.py",
    "forks/test_multiprocessing_in_callback.py",
    "generators/test_generators.py",
    "lifecycle/test_ready.py",
    "load/test_nothing_stays.py",
    "results/test_background.py",
    "scheduling/test_schedule_awaited.py",
    "streams/test_streams.py",
    "topology/test_seeing_others.py",
    "values/test_own_classes.py",
];

/// Tests side by side, as many as `tests/conftest.py` says; who has none left takes them from others.
const PYTEST: &str = "-m pytest -q -n auto --dist worksteal";

/// Every static check, each one suite.
pub(crate) fn lint(root: &Path) -> Plan {
    let cargo = cargo();
    let bin = root.join(".venv/bin");
    let checks: [(&str, &str, &str); 11] = [
        ("cargo fmt", &cargo, "fmt --all --check"),
        (
            "clippy",
            &cargo,
            "clippy --quiet --workspace --all-targets -- -D warnings",
        ),
        ("rustdoc", &cargo, "doc --quiet --workspace --no-deps"),
        ("tidy", &cargo, "xtask tidy"),
        ("ruff", "ruff", "check --quiet ."),
        ("ruff format", "ruff", "format --quiet --check ."),
        ("imports", "lint-imports", "--no-logo --no-cache"),
        (
            "programs in strings",
            "python",
            "xtask/python/programs_in_strings.py .",
        ),
        ("pyright", "basedpyright", "--warnings"),
        (
            "mypy",
            "mypy",
            "--strict --follow-imports=silent tests/typing",
        ),
        (
            "stubtest",
            "stubtest",
            "daffi._daffi --allowlist tests/typing/stubtest-allowlist.txt",
        ),
    ];
    let mut suites = Vec::new();
    for (name, program, arguments) in checks {
        let local = bin.join(program);
        let program = if local.exists() {
            local.to_string_lossy().into_owned()
        } else {
            program.to_owned()
        };
        let mut suite = Suite::new(root, name, &program, arguments, Report::Status);
        if name == "rustdoc" {
            suite = suite.with("RUSTDOCFLAGS", "-D warnings");
        }
        suites.push(suite);
    }
    Plan {
        shown: suites,
        beside: Vec::new(),
    }
}

/// Every test.
///
/// Those of the crates run beside those of Python, which take longer than all others: most of both is waiting.
pub(crate) fn test(root: &Path) -> Plan {
    let cargo = cargo();
    let python = root.join(".venv/bin/python");
    let python = python.to_string_lossy();
    let libraries = python_libraries(&python);
    let mut suites = Vec::new();

    let everything = ("--workspace", "--workspace --all-targets");
    suites.push(rust(root, &cargo, everything).with("LD_LIBRARY_PATH", &libraries));
    suites.push(
        Suite::new(
            root,
            "rust doctests",
            &cargo,
            "test --workspace --doc --quiet",
            Report::CargoTest,
        )
        .with("LD_LIBRARY_PATH", &libraries),
    );
    suites.push(loom(root, &cargo));
    if let Some(runner) = guide_runner(root) {
        let runner = runner.to_string_lossy();
        suites.push(Suite::new(root, "guide", &python, &runner, Report::Plain));
    }
    Plan {
        shown: vec![Suite::new(root, "pytest", &python, PYTEST, Report::Pytest)],
        beside: suites,
    }
}

/// What one runs while working: the units, and of every idea one file over unix sockets.
pub(crate) fn test_quick(root: &Path) -> Plan {
    let cargo = cargo();
    let python = root.join(".venv/bin/python");
    let python = python.to_string_lossy();
    let units = ("--workspace --lib --bins", "--workspace --lib --bins");
    let units = rust(root, &cargo, units).with("LD_LIBRARY_PATH", &python_libraries(&python));
    let files = QUICK
        .map(|file| format!("tests/processes/{file}"))
        .join(" ");
    let arguments = format!("{PYTEST} -k not(tcp) tests/unit {files}");
    let processes = Suite::new(root, "pytest", &python, &arguments, Report::Pytest);
    Plan {
        shown: vec![processes],
        beside: vec![units],
    }
}

/// The tests of the crates: what of them, as cargo-nextest is told and as cargo is where that is not there.
fn rust(root: &Path, cargo: &str, (nextest, plain): (&str, &str)) -> Suite {
    let (arguments, report) = if works(cargo, &["nextest", "--version"]) {
        (
            format!("nextest run {nextest} --no-fail-fast --status-level fail"),
            Report::Nextest,
        )
    } else {
        (
            format!("test {plain} --no-fail-fast --quiet"),
            Report::CargoTest,
        )
    };
    Suite::new(root, "rust", cargo, &arguments, report)
}

/// The model-checked parts of the wires: whose turn it is to read, and who leads.
///
/// `--cfg loom` is for all crates alike, so they get a target folder of their own: in the common one every
/// switch would build everything again.
fn loom(root: &Path, cargo: &str) -> Suite {
    let target = std::env::var("CARGO_TARGET_DIR").unwrap_or_else(|_| "target".to_owned());
    let arguments = "test --package daffi-link --lib --release --quiet";
    Suite::new(root, "loom", cargo, arguments, Report::CargoTest)
        .with("RUSTFLAGS", "--cfg loom")
        .with("CARGO_TARGET_DIR", &format!("{target}/loom"))
        // Fat LTO would cost a minute and find no race.
        .with("CARGO_PROFILE_RELEASE_LTO", "off")
}

impl Suite {
    fn new(root: &Path, name: &str, program: &str, arguments: &str, report: Report) -> Self {
        let arguments = arguments.split(' ').map(str::to_owned);
        Self {
            name: name.to_owned(),
            command: std::iter::once(program.to_owned())
                .chain(arguments)
                .collect(),
            environment: Vec::new(),
            folder: root.to_path_buf(),
            report,
        }
    }

    fn with(mut self, name: &str, value: &str) -> Self {
        self.environment.push((name.to_owned(), value.to_owned()));
        self
    }
}

fn cargo() -> String {
    std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned())
}

fn works(program: &str, arguments: &[&str]) -> bool {
    let output = Command::new(program).args(arguments).output();
    output.is_ok_and(|output| output.status.success())
}

/// Where the interpreter's shared library lies: Rust tests that start an interpreter load it from there.
fn python_libraries(python: &str) -> String {
    let question = "import sysconfig; print(sysconfig.get_config_var('LIBDIR') or '')";
    let asked = Command::new(python).args(["-c", question]).output();
    let folder = asked.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned());
    let before = std::env::var("LD_LIBRARY_PATH").unwrap_or_default();
    let folders = [folder.unwrap_or_default(), before];
    let given: Vec<&str> = folders
        .iter()
        .map(String::as_str)
        .filter(|f| !f.is_empty())
        .collect();
    given.join(":")
}

/// The program that runs the getting-started guide, where it stands beside the project.
fn guide_runner(root: &Path) -> Option<PathBuf> {
    let path =
        std::env::var("GUIDE_RUNNER").unwrap_or_else(|_| "../shared/guide/run_guide.py".to_owned());
    let path = root.join(path).canonicalize().ok()?;
    path.is_file().then_some(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_idea_has_its_file_among_the_quick_ones() {
        let here = Path::new(env!("CARGO_MANIFEST_DIR"));
        let processes = here.join("../tests/processes");
        for file in QUICK {
            assert!(processes.join(file).is_file(), "{file} is not there");
        }
        for entry in processes.read_dir().unwrap() {
            let name = entry.unwrap().file_name().into_string().unwrap();
            let of_idea = |file: &&&str| file.starts_with(&format!("{name}/"));
            let expected = usize::from(!name.starts_with("__"));
            assert_eq!(QUICK.iter().filter(of_idea).count(), expected, "{name}");
        }
    }
}
