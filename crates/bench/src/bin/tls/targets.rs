//! What is aimed at, and whether it is reached: a line each, computed from the tables.

use handfast_bench::cipher::{CANDIDATES, OURS, Suite};
use handfast_bench::peer::PROVIDERS;
use handfast_bench::table::Table;
use std::fmt::{self, Display, Formatter};

/// A figure that has to be reached.
pub(crate) struct Target {
    name: String,
    wanted: Wanted,
    got: f64,
}

#[derive(Clone, Copy)]
enum Wanted {
    AtLeast(f64),
    AtMost(f64),
}
use Wanted::{AtLeast, AtMost};

impl Target {
    /// Whether it is reached; what was not measured is not.
    fn is_met(&self) -> bool {
        match self.wanted {
            AtLeast(least) => self.got >= least,
            AtMost(most) => self.got <= most,
        }
    }

    /// Whether there is a figure.
    pub(crate) fn is_measured(&self) -> bool {
        self.got.is_finite()
    }

    /// The target as a JSON object.
    pub(crate) fn json(&self) -> String {
        let got = if self.is_measured() { format!("{:.3}", self.got) } else { "null".to_owned() };
        let (relation, wanted) = match self.wanted {
            AtLeast(least) => (">=", least),
            AtMost(most) => ("<=", most),
        };
        let (name, met) = (&self.name, self.is_met());
        format!("{{\"name\":{name:?},\"wanted\":\"{relation} {wanted}\",\"got\":{got},\"met\":{met}}}")
    }
}

impl Display for Target {
    fn fmt(&self, f: &mut Formatter) -> fmt::Result {
        let wanted = match self.wanted {
            AtLeast(least) => format!(">={least:.2}"),
            AtMost(most) => format!("<={most:.2}"),
        };
        let met = if self.is_met() { "ok" } else { "MISS" };
        let got = if self.is_measured() { format!("{:.2}", self.got) } else { "–".to_owned() };
        write!(f, "target {:<64} {wanted:>9} {got:>9} {met}", self.name)
    }
}

const BEST: [&str; 2] = ["rustls + aws-lc-rs, unbuffered", "rustls + aws-lc-rs"];

/// All targets, in the order of the tables; of what was not measured, too.
pub(crate) fn targets(tables: &[Table]) -> Vec<Target> {
    let figures = Figures(tables);
    let mut all = Vec::new();
    let mut add = |name: String, wanted, got| all.push(Target { name, wanted, got });
    figures.handshakes(&mut add);
    figures.bulk(&mut add);
    figures.memory(&mut add);
    figures.ciphers(&mut add);
    all
}

type Add<'a> = &'a mut dyn FnMut(String, Wanted, f64);

/// The tables, asked for figures. What is not there is not a number, and so is what is computed from it.
struct Figures<'t>(&'t [Table]);

impl Figures<'_> {
    fn at(&self, table: &str, row: &str, column: &str) -> f64 {
        self.0.iter().find(|has| has.title == table).map_or(f64::NAN, |table| table.at(row, column))
    }

    /// One row's figure over another's.
    fn ratio(&self, table: &str, row: &str, other: &str, column: &str) -> f64 {
        self.at(table, row, column) / self.at(table, other, column)
    }

    fn handshakes(&self, add: Add) {
        let both = "handshake, both sides";
        for provider in ["aws-lc-rs", "graviola"] {
            let ours = format!("Handfast + {provider}");
            let rustls = format!("rustls + {provider}");
            for (column, most) in [("1.3 X25519 ECDSA", 0.93), ("1.3 resumed", 0.80), ("1.2 resumed", 0.55)] {
                add(
                    format!("{column}, of rustls, both with {provider}"),
                    AtMost(most),
                    self.ratio(both, &ours, &rustls, column),
                );
            }
        }
        let (ours, rustls) = (PROVIDERS[0].name, "rustls + RustCrypto");
        let full = self.ratio(both, ours, rustls, "1.3 X25519 ECDSA");
        add("1.3 X25519 ECDSA, default, of rustls + RustCrypto".into(), AtMost(0.90), full);
        let rsa = self.ratio("handshake, server", ours, rustls, "1.3 X25519 RSA-2048");
        add("RSA-2048 server, default, of rustls + RustCrypto".into(), AtMost(0.45), rsa);
    }

    fn bulk(&self, add: Add) {
        let both = ["records, send", "records, receive"];
        for ours in PROVIDERS {
            for suite in Suite::ALL {
                let column = format!("{}, 16384 B", suite.name());
                let alone = format!("{}, the cipher alone", ours.name);
                let got = least(both.map(|table| self.ratio(table, ours.name, &alone, &column)));
                add(format!("{}, 16 KiB, {}, of the cipher", ours.name, suite.name()), AtLeast(0.92), got);
            }
        }
        let best = |table, column| BEST.map(|row| self.at(table, row, column)).into_iter().fold(f64::NAN, f64::max);
        let over = |table, column| self.at(table, PROVIDERS[0].name, column) / best(table, column);
        let [send, receive] = both;
        let mut add = |name: &str, least, got| add(format!("{name}, of the best rustls"), AtLeast(least), got);
        add("AES-128-GCM, 16 KiB, send", 1.4, over(send, "AES-128-GCM, 16384 B"));
        add("AES-128-GCM, 16 KiB, receive", 1.3, over(receive, "AES-128-GCM, 16384 B"));
        let buffered = self.ratio(receive, PROVIDERS[0].name, BEST[1], "AES-128-GCM, 16384 B");
        add("AES-128-GCM, 16 KiB, receive, buffered", 2.0, buffered);
        add("AES-256-GCM, 16 KiB", 1.2, least(both.map(|table| over(table, "AES-256-GCM, 16384 B"))));
        add("ChaCha20-Poly1305, 16 KiB", 1.3, least(both.map(|table| over(table, "ChaCha20-Poly1305, 16384 B"))));
        add("AES-128-GCM, 1,350 B", 1.8, least(both.map(|table| over(table, "AES-128-GCM, 1350 B"))));
    }

    fn memory(&self, add: Add) {
        let ours = PROVIDERS[0].name;
        let calls =
            ["client", "server"].map(|side| self.at("allocations of a handshake", ours, &format!("1.3 full, {side}")));
        add("allocations of a full handshake, each side".into(), AtMost(25.0), most(calls));
        let record = ["sent", "received"].map(|way| self.at("allocations of a record of 16 KiB", ours, way));
        add("allocations of a record, both ways".into(), AtMost(0.0), most(record));
        let idle = |column: &str| self.at("heap of an idle connection of 1.3", ours, column);
        let keys = 2.0 * self.at("heap of a cipher's key", ours, "AES-128-GCM");
        add(
            "heap of an idle connection, without keys".into(),
            AtMost(2_048.0),
            most([idle("client"), idle("server")]) - keys,
        );
        let grown = ["client", "server"].map(|side| idle(&format!("{side}, after records")) - idle(side));
        add("heap that records leave behind".into(), AtMost(0.0), most(grown));
        let title = format!("one connection of 1.3, both ends, {ours}");
        for row in ["a new one, resumed", "heap and objects of each"] {
            let got = self.at(&title, row, "100000 open") / self.at(&title, row, "1 open");
            add(format!("{row}: 100,000 open, of 1"), AtMost(1.1), got);
        }
    }

    fn ciphers(&self, add: Add) {
        let over = |suite: Suite, size: usize| {
            least(["seal into", "open"].map(|what| {
                let table = format!("{}, {what}", suite.name());
                self.ratio(&table, OURS, CANDIDATES[0].0, &format!("{size} B"))
            }))
        };
        let mut add = |suite: Suite, size: &str, wanted, got| {
            add(format!("{}, {size}, of aws-lc-rs", suite.name()), AtLeast(wanted), got);
        };
        for suite in [Suite::Aes128Gcm, Suite::Aes256Gcm] {
            add(suite, "16 KiB", 1.0, over(suite, 16_384));
            add(suite, "1,350 B", 1.5, over(suite, 1_350));
            add(suite, "256 B and less", 3.0, least([16, 64, 256].map(|size| over(suite, size))));
        }
        add(Suite::ChaCha20Poly1305, "16 KiB", 1.3, over(Suite::ChaCha20Poly1305, 16_384));
        add(Suite::ChaCha20Poly1305, "16 B", 1.0, over(Suite::ChaCha20Poly1305, 16));
    }
}

/// The least of some figures; not a number if one of them is not.
fn least<const N: usize>(figures: [f64; N]) -> f64 {
    figures.into_iter().fold(f64::INFINITY, |least, figure| if figure.is_nan() { figure } else { least.min(figure) })
}

/// The most of some figures; not a number if one of them is not.
fn most<const N: usize>(figures: [f64; N]) -> f64 {
    -least(figures.map(|figure| -figure))
}
