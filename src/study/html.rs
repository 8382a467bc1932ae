//! Small helpers for the report's page: escaping, numbers, tables, style.

use super::claim::Unit;
use super::numbers::Estimate;

/// Text inside elements and attributes.
pub(super) fn escape(text: &str) -> String {
    text.chars().fold(String::with_capacity(text.len()), |mut out, c| {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            c => out.push(c),
        }
        out
    })
}

/// Three significant digits, or one digit of a percent.
pub(super) fn number(value: f64, unit: Unit) -> String {
    let text = match unit {
        Unit::Percent => format!("{:.1}", value * 100.0),
        Unit::Plain if value.abs() < 5e-9 => "0".into(),
        Unit::Plain => {
            let digits = (2.0 - value.abs().log10().floor()).clamp(0.0, 8.0) as usize;
            format!("{value:.digits$}")
        }
    };
    // Rounding may leave a minus before nothing.
    let zero = text.chars().all(|c| "-0.".contains(c));
    if zero { text.replace('-', "") } else { text.replace('-', "−") }
}

/// A value with its interval.
pub(super) fn with_interval(value: Option<f64>, low: Option<f64>, high: Option<f64>, unit: Unit) -> String {
    match (value, low, high) {
        (Some(v), Some(l), Some(h)) => {
            format!("{} <span class=\"interval\">({} to {})</span>", number(v, unit), number(l, unit), number(h, unit))
        }
        (Some(v), _, _) => number(v, unit),
        _ => "–".into(),
    }
}

/// An estimate with its interval.
pub(super) fn estimate(e: &Estimate, unit: Unit) -> String {
    with_interval(Some(e.value), e.low, e.high, unit)
}

/// A table that scrolls by itself where it is too wide. Cells are HTML; the first of each row heads it.
pub(super) fn table(caption: &str, head: &[&str], rows: &[Vec<String>]) -> String {
    let mut out = format!(
        "<div class=\"wide\" tabindex=\"0\" role=\"region\" aria-label=\"{0}\"><table>\n<caption>{0}</caption>\n<thead><tr>",
        escape(caption)
    );
    for cell in head {
        out.push_str(&format!("<th scope=\"col\">{}</th>", escape(cell)));
    }
    out.push_str("</tr></thead>\n<tbody>\n");
    for row in rows {
        out.push_str("<tr>");
        for (i, cell) in row.iter().enumerate() {
            match i {
                0 => out.push_str(&format!("<th scope=\"row\">{cell}</th>")),
                _ => out.push_str(&format!("<td>{cell}</td>")),
            }
        }
        out.push_str("</tr>\n");
    }
    out.push_str("</tbody></table></div>\n");
    out
}

/// A list; nothing for no items.
pub(super) fn list(items: &[String]) -> String {
    if items.is_empty() {
        return String::new();
    }
    let items: Vec<_> = items.iter().map(|item| format!("<li>{item}</li>")).collect();
    format!("<ul>\n{}\n</ul>\n", items.join("\n"))
}

/// Days, hours, minutes, seconds: the two largest that matter.
pub(super) fn duration(seconds: f64) -> String {
    let s = seconds.round().max(0.0) as u64;
    match s {
        0..60 => format!("{s} s"),
        60..3600 => format!("{} min {} s", s / 60, s % 60),
        3600..86_400 => format!("{} h {} min", s / 3600, s % 3600 / 60),
        _ => format!("{} d {} h", s / 86_400, s % 86_400 / 3600),
    }
}

/// Day of a time in seconds since 1970, UTC, by the civil calendar (eras of 400 years that begin in March).
pub(super) fn day(seconds: u64) -> String {
    let days = (seconds / 86_400) as i64 + 719_468;
    let (era, of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let (month, next) = if month < 10 { (month + 3, 0) } else { (month - 9, 1) };
    format!("{:04}-{month:02}-{day:02}", era * 400 + year + next)
}

/// Everything that a browser needs; no script, no other file.
pub(super) const STYLE: &str = r":root{color-scheme:light dark;--ink:#1b1b1b;--quiet:#595959;--paper:#fff;--line:#c9c9c9;--panel:#f5f5f3;--student:#d55e00;--control:#767676;--link:#0060a0}
@media (prefers-color-scheme:dark){:root{--ink:#e8e6e3;--quiet:#b0aca6;--paper:#16181b;--line:#454a50;--panel:#1f2226;--student:#ff8a3d;--control:#a3a3a3;--link:#7cc0f5}}
*{box-sizing:border-box}
body{margin:0 auto;padding:24px 16px 64px;max-width:760px;color:var(--ink);background:var(--paper);font:16px/1.55 system-ui,sans-serif;font-variant-numeric:tabular-nums}
h1{font-size:1.7rem;line-height:1.2;margin:0 0 8px}h2{font-size:1.25rem;margin:48px 0 8px}h3{font-size:1.05rem;margin:32px 0 4px}
p{margin:8px 0;max-width:68ch}a{color:var(--link)}.lead{font-size:1.1rem}.quiet,.interval,caption{color:var(--quiet)}
.wide{overflow-x:auto;margin:12px 0}.wide:focus-visible{outline:2px solid var(--link)}
table{border-collapse:collapse;font-size:.875rem;min-width:100%}caption{text-align:left;padding:0 0 4px}
th,td{text-align:left;vertical-align:top;padding:5px 12px 5px 0;border-bottom:1px solid var(--line)}th[scope=row]{font-weight:500;min-width:4.5em}.interval{white-space:nowrap}
.figure{display:block;width:100%;max-width:520px;height:auto;margin:12px 0;color:var(--ink)}figure{margin:0}figcaption{font-size:.875rem;color:var(--quiet);max-width:68ch}
.verdict{white-space:nowrap;font-weight:600}pre{overflow-x:auto;background:var(--panel);padding:12px;font-size:.8rem;line-height:1.45}code{font-size:.9em;overflow-wrap:anywhere}
@media (max-width:520px){.interval{white-space:normal}th,td{padding-right:8px}}
summary{cursor:pointer;padding:8px 0}li{margin:4px 0;max-width:68ch;overflow-wrap:anywhere}
";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short_and_never_minus_zero() {
        for (value, unit, text) in [
            (0.123_45, Unit::Percent, "12.3"),
            (-0.000_1, Unit::Percent, "0.0"),
            (-0.012_34, Unit::Plain, "−0.0123"),
            (1234.5, Unit::Plain, "1234"),
            (0.0, Unit::Plain, "0"),
            (1e-12, Unit::Plain, "0"),
        ] {
            assert_eq!(number(value, unit), text);
        }
    }

    #[test]
    fn days_are_those_of_the_calendar() {
        for (seconds, text) in [
            (0, "1970-01-01"),
            (951_782_400, "2000-02-29"),
            (1_709_251_199, "2024-02-29"),
            (1_709_251_200, "2024-03-01"),
            (4_102_444_799, "2099-12-31"),
        ] {
            assert_eq!(day(seconds), text);
        }
    }

    #[test]
    fn markup_in_texts_stays_text() {
        assert_eq!(escape("<b a=\"1\">&"), "&lt;b a=&quot;1&quot;&gt;&amp;");
    }
}
