//! Colours. They are left out where the output is no terminal or NO_COLOR is set: everything is printed through
//! `anstream`.

use anstyle::{AnsiColor, Style};
use clap::builder::Styles;

pub(crate) const HEADING: Style = Style::new().bold();
pub(crate) const DIM: Style = Style::new().dimmed();
pub(crate) const GOOD: Style = AnsiColor::Green.on_default();
pub(crate) const BAD: Style = AnsiColor::Red.on_default().bold();
pub(crate) const CLIENT: Style = AnsiColor::Cyan.on_default().bold();
pub(crate) const SERVER: Style = AnsiColor::Yellow.on_default().bold();

/// How `--help` looks.
pub(crate) const HELP: Styles = Styles::styled()
    .header(HEADING)
    .usage(HEADING)
    .literal(AnsiColor::Cyan.on_default())
    .placeholder(AnsiColor::Green.on_default())
    .error(BAD)
    .valid(GOOD)
    .invalid(AnsiColor::Yellow.on_default());
