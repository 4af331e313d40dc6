import CIDRTrie
import Operations

func measureReports() {
    measureLine("an admitted client's line of JSON", try .admitted())
    measureLine("a denied client's line of JSON", try .denied())
    measureAlone("Reports: Prometheus' page of 2 listeners", with: .serving(listenerCount: 2)) {
        PrometheusText($0).description
    }
    measureAlone("Reports: Prometheus' page of 100 listeners", with: .serving(listenerCount: 100)) {
        PrometheusText($0).description
    }
}

/// Lines gather in one buffer, as in the access log's writer.
private func measureLine(
    _ sentence: String,
    _ record: @autoclosure @escaping () throws -> AccessRecord
) {
    measure("Reports: \(sentence)", each: [try record()]) {
        [UInt8]()
    } change: { lines, record in
        record.appendJSON(to: &lines)
        if lines.count >= 1 << 16 { lines.removeAll(keepingCapacity: true) }
    }
}
