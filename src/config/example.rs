//! `config.example.toml`, rendered from the doc comments and defaults of the sections.

use super::Config;
use super::section::{Field, SectionInfo};

const HEAD: &str = "\
# Settings of Switchboard. Every line here shows a default; take the mark # off a line to change it.
#
# The file belongs where `switchboard config show` says, or anywhere with --config FILE. An environment variable
# SWITCHBOARD_SECTION_KEY (SWITCHBOARD_SERVICE_LISTEN) goes before the file, an argument before both.
";

/// The text of the example file: prose behind `# `, settings behind a bare `#`.
pub fn example() -> String {
    let mut out = HEAD.to_owned();
    for section in Config::sections() {
        render_section(&mut out, &section);
    }
    out
}

fn render_section(out: &mut String, section: &SectionInfo) {
    out.push('\n');
    prose(out, section.doc);
    out.push_str(&format!("[{}]\n", section.key));
    // In TOML, what follows the heading of a table belongs to that table: plain settings come first.
    let (tables, plain): (Vec<_>, Vec<_>) = section.fields.iter().partition(|field| field.is_table);
    for field in plain {
        render_setting(out, field);
    }
    for field in tables {
        out.push('\n');
        prose(out, field.doc);
        out.push_str(&format!("[{}.{}]\n", section.key, field.key));
    }
}

fn render_setting(out: &mut String, field: &Field) {
    out.push('\n');
    prose(out, field.doc);
    out.push_str(&format!("#{} = {}\n", field.key, field.default));
}

fn prose(out: &mut String, lines: &[&str]) {
    for line in lines {
        out.push_str(format!("# {}", line.trim()).trim_end());
        out.push('\n');
    }
}
