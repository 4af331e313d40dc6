import Addresses
import Operations
import Traffic

func measureDenials() {
    measure("Denials: one more of a known source is noted", each: Sample.sources) {
        DenialTable(of: Sample.sources)
    } change: { table, source in
        table.record(source)
    }
    measure("Denials: a new source is noted in a full table", each: Sample.sources) {
        DenialTable(of: Sample.otherSources(count: 4_096))
    } change: { table, source in
        table.record(source)
    }
    measure("Denials: one that does not give up is silenced", each: Sample.sources) {
        var table = DenialTable(at: 0)
        for _ in 0..<65 { for source in Sample.sources { table.record(source) } }
        return table
    } change: { table, source in
        let treatment = table.record(source)
        require(!treatment.isAnswered, "an answer after 65 denials")
    }
}

extension DenialTable {
    fileprivate init(of sources: [SourceKey]) {
        self.init(at: 0)
        for source in sources { record(source) }
    }

    @discardableResult
    fileprivate mutating func record(_ source: SourceKey) -> Treatment {
        record(
            Denial(.notInWhitelist, of: source, to: "WH1", at: "0.0.0.0:9030"),
            linesInMinute: 10,
            at: Sample.now,
            milliseconds: 0
        )
    }
}
