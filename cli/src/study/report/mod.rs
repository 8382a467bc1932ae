//! What people and programs read of a study: tables, figures, verdicts in Markdown and one page that needs no other file. Made of a
//! plan and the records of its folder alone.

mod figure;
mod html;
mod markdown;
mod page;
mod sections;
mod tables;

pub use page::write_report;
