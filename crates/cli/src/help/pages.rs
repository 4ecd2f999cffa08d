//! `handfast completions` and `handfast man`.

use super::command;
use crate::failure::Failure;
use crate::file::{self, Readers};
use clap::{Args, Command, ValueHint};
use clap_complete::Shell;
use clap_mangen::Man;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Write what lets a shell complete commands, flags, values and names of files
///
/// It goes to standard output. Put it where the shell looks for such, or read it in its start-up file: `source <(handfast
/// completions bash)`.
#[derive(Args)]
pub(crate) struct Completions {
    /// The shell that completes
    #[arg(value_name = "SHELL")]
    shell: Shell,
}

/// Write the manual, for `man`
///
/// Without DIR the page of the program goes to standard output; with it a page for every command is written there, as
/// handfast.1, handfast-connect.1 and so on. Pages that are there are replaced.
#[derive(Args)]
pub(crate) struct Manual {
    /// A directory for all pages, which is made if it is not there
    #[arg(value_name = "DIR", value_hint = ValueHint::DirPath)]
    dir: Option<PathBuf>,
}

/// Runs the one.
pub(crate) fn completions(arguments: &Completions) -> Result<(), Failure> {
    // Generators panic where the output fails, so it is theirs in memory.
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut command(), "handfast", &mut script);
    print(&script)
}

/// Runs the other.
pub(crate) fn manual(arguments: &Manual) -> Result<(), Failure> {
    let mut program = command().disable_help_subcommand(true);
    program.build();
    let Some(dir) = &arguments.dir else { return print(&page(&program)?) };
    fs::create_dir_all(dir).map_err(|error| Failure::io(&error, dir.display()))?;
    write(dir, &program)
}

/// The page of a command and those of the commands below it.
fn write(dir: &Path, command: &Command) -> Result<(), Failure> {
    let name = command.get_display_name().unwrap_or_else(|| command.get_name());
    let path = dir.join(format!("{name}.1"));
    file::replace(&path, &page(command)?, Readers::All).map_err(|error| Failure::io(&error, path.display()))?;
    command.get_subcommands().try_for_each(|below| write(dir, below))
}

fn page(command: &Command) -> Result<Vec<u8>, Failure> {
    let mut page = Vec::new();
    let man = Man::new(command.clone()).manual("Handfast").source(concat!("handfast ", env!("CARGO_PKG_VERSION")));
    man.render(&mut page).map_err(|error| Failure::io(&error, "a page of the manual"))?;
    Ok(page)
}

fn print(bytes: &[u8]) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    out.write_all(bytes).and_then(|()| out.flush()).map_err(|error| Failure::output(&error))
}
