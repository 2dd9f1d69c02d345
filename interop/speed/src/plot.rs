//! Plots: time against members, both logarithmic, with the floor drawn in.

use std::collections::BTreeMap;
use std::path::Path;

use plotters::prelude::*;

use crate::row::Row;
use crate::table::{OPERATIONS, lines};

type Points = Vec<(f64, f64)>;

/// Writes a file for each operation of a suite; the names of the files.
pub fn plot(dir: &Path, rows: &[Row], suite: u16) -> Vec<String> {
    let mut files = Vec::new();
    let lines = lines(rows, suite);
    for operation in OPERATIONS {
        let mut series: BTreeMap<String, Points> = BTreeMap::new();
        for line in lines.iter().filter(|line| line.operation == operation) {
            for row in line.all.iter().filter(|row| row.runs > 0) {
                let name = format!("{}, {}", row.implementation, row.backend);
                series.entry(name).or_default().push((f64::from(row.members), row.cpu_us.max(0.01)));
            }
            if let Some(floor) = line.floor {
                series.entry("floor".to_owned()).or_default().push((f64::from(line.members), floor));
            }
        }
        if series.values().any(|points| points.len() > 1) {
            let name: String =
                operation.chars().filter(|c| *c != ',').map(|c| if c == ' ' { '-' } else { c }).collect();
            let file = format!("suite-{suite}-{name}.svg");
            draw(&dir.join(&file), &format!("{operation}, suite {suite}"), &series);
            files.push(file);
        }
    }
    files
}

fn draw(file: &Path, title: &str, series: &BTreeMap<String, Points>) {
    let all = || series.values().flatten();
    let bounds = |of: fn(&(f64, f64)) -> f64| {
        let low = all().map(of).fold(f64::MAX, f64::min);
        let high = all().map(of).fold(f64::MIN, f64::max);
        (low / 1.5)..(high * 1.5)
    };
    let root = SVGBackend::new(file, (860, 520)).into_drawing_area();
    root.fill(&WHITE).unwrap();
    let mut chart = ChartBuilder::on(&root)
        .caption(title, ("sans-serif", 20))
        .margin(12)
        .x_label_area_size(40)
        .y_label_area_size(80)
        .build_cartesian_2d(bounds(|point| point.0).log_scale(), bounds(|point| point.1).log_scale())
        .unwrap();
    chart.configure_mesh().x_desc("members").y_desc("CPU time, microseconds").light_line_style(WHITE).draw().unwrap();
    for (number, (name, points)) in series.iter().enumerate() {
        let colour = if name == "floor" { BLACK.to_rgba() } else { Palette99::pick(number).to_rgba() };
        let style = colour.stroke_width(if name.starts_with("ours") || name == "floor" { 3 } else { 1 });
        chart
            .draw_series(LineSeries::new(points.iter().copied(), style).point_size(3))
            .unwrap()
            .label(name)
            .legend(move |(x, y)| PathElement::new([(x, y), (x + 18, y)], style));
    }
    chart
        .configure_series_labels()
        .position(SeriesLabelPosition::UpperLeft)
        .background_style(WHITE.mix(0.8))
        .border_style(BLACK)
        .draw()
        .unwrap();
    root.present().unwrap();
}
