import CIDRTrie
import Time

/// The tables that are built in.
enum SampleData {
    /// TPC-H 3.0 §4.2.3, without comments.
    static let region = Table(
        database: "tpch",
        name: "region",
        columns: [.integer("r_regionkey"), .text("r_name")],
        rows: ["AFRICA", "AMERICA", "ASIA", "EUROPE", "MIDDLE EAST"].enumerated().map {
            [.integer(Int64($0)), .text($1)]
        }
    )

    /// TPC-H 3.0 §4.2.3, without comments.
    static let nation = Table(
        database: "tpch",
        name: "nation",
        columns: [.integer("n_nationkey"), .text("n_name"), .integer("n_regionkey")],
        rows: nations.enumerated().map { key, nation in
            [.integer(Int64(key)), .text(nation.name), .integer(nation.region)]
        }
    )

    /// 10,000 events of a web shop, the same at each start.
    static let events = Table(
        database: "demo",
        name: "events",
        columns: [
            .integer("id"), .dateTime("at"), .text("kind"), .text("country"), .integer("user_id"),
            .integer("amount_cents"),
        ],
        rows: eventRows(count: 10_000)
    )

    private static let nations: [(name: String, region: Int64)] = [
        ("ALGERIA", 0), ("ARGENTINA", 1), ("BRAZIL", 1), ("CANADA", 1), ("EGYPT", 4),
        ("ETHIOPIA", 0), ("FRANCE", 3), ("GERMANY", 3), ("INDIA", 2), ("INDONESIA", 2),
        ("IRAN", 4), ("IRAQ", 4), ("JAPAN", 2), ("JORDAN", 4), ("KENYA", 0), ("MOROCCO", 0),
        ("MOZAMBIQUE", 0), ("PERU", 1), ("CHINA", 2), ("ROMANIA", 3), ("SAUDI ARABIA", 4),
        ("VIETNAM", 2), ("RUSSIA", 3), ("UNITED KINGDOM", 3), ("UNITED STATES", 1),
    ]

    /// One event every 37 seconds from 2026-01-01T00:00:00Z on.
    private static func eventRows(count: Int64) -> [[SQLValue]] {
        var noise = RepeatableNoise(seed: 2026)
        return (1...count).map { id in
            let kind = ["view", "view", "view", "cart", "purchase"][noise.next(below: 5)]
            let cents = kind == "purchase" ? Int64(noise.next(below: 50_000)) + 99 : 0
            let time = UnixTime(seconds: 1_767_225_600 + id * 37)
            return [
                .integer(id), .text(time.sqlText), .text(kind),
                .text(nations[noise.next(below: nations.count)].name),
                .integer(Int64(noise.next(below: 2_000))), .integer(cents),
            ]
        }
    }
}

/// Numbers that look random and are the same in each run (SplitMix64, Steele et al. 2014).
private struct RepeatableNoise {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed
    }

    /// - Parameter limit: above zero.
    mutating func next(below limit: Int) -> Int {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return Int(truncatingIfNeeded: (mixed ^ (mixed >> 31)) % UInt64(limit))
    }
}
