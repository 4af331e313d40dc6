import AddressFeeds
import Addresses
import Foundation
import SeededRandom
import Testing

@Suite("The clouds' published lists")
struct FeedTests {
    private func feed(_ text: String, _ format: FeedFormat, _ filter: FeedFilter = FeedFilter())
        -> AddressFeed
    {
        AddressFeed(parsing: Array(text.utf8), as: format, filter: filter)
    }

    private func lines(_ feed: AddressFeed) -> [String] {
        feed.entries.map { "\($0.path) \($0.block) \($0.description)" }
    }

    @Test("Amazon's: both families, and the service instead of the whole cloud")
    func aws() {
        let feed = feed(FeedSamples.aws, .aws)
        #expect(feed.errors == [])
        #expect(
            lines(feed) == [
                "prefixes[0].ip_prefix 3.4.12.4/32 AMAZON eu-west-1",
                "prefixes[1].ip_prefix 3.5.140.0/22 S3 ap-northeast-2",
                "ipv6_prefixes[0].ipv6_prefix 2600:1ff2:4000::/40 EC2 us-west-2",
            ]
        )
    }

    @Test("Terminal control characters in a feed's text become question marks")
    func controlCharacters() {
        let text = FeedSamples.aws.replacing("EC2", with: #"E\u001b[2J\u009b\u202eC"#)
        let feed = feed(text, .aws)
        #expect(feed.entries.last?.description == "E?[2J??C us-west-2")
        let slip = self.feed(text, .aws, FeedFilter(services: ["EC2"]))
        #expect(slip.unmatchedFilters.first?.known.contains("E?[2J??C") == true)
    }

    @Test("Azure's: each tag's prefixes, and the service instead of the whole cloud")
    func azure() {
        let feed = feed(FeedSamples.azure, .azure)
        #expect(feed.errors == [])
        #expect(
            feed.entries.map { "\($0.block) \($0.description)" } == [
                "13.69.0.0/17 AzureCloud.westeurope", "20.38.108.0/23 Storage.WestEurope",
                "2603:1020:200::/46 AzureCloud.westeurope",
            ]
        )
    }

    @Test("Google's, with services and without")
    func google() {
        let cloud = feed(FeedSamples.googleCloud, .google)
        #expect(
            cloud.entries.map { "\($0.block) \($0.description)" } == [
                "34.1.208.0/20 Google Cloud africa-south1",
                "2600:1900:4010::/44 Google Cloud europe-west1",
            ]
        )
        let all = feed(FeedSamples.google, .google)
        #expect(all.entries.map(\.description) == ["Google", "Google"])
        #expect(cloud.errors == [] && all.errors == [])
    }

    @Test("Each is recognized by its content, and a text list is not mistaken for one")
    func recognized() {
        func format(_ text: String) -> FeedFormat? { FeedFormat(recognizing: Array(text.utf8)) }
        #expect(format(FeedSamples.aws) == .aws)
        #expect(format(FeedSamples.azure) == .azure)
        #expect(format(FeedSamples.google) == .google)
        #expect(format("\u{FEFF}  \n" + FeedSamples.googleCloud) == .google)
        for text in ["", "{", "{}", "10.0.0.0/8 \"ip_prefix\"", "[\"ip_prefix\"]", "# {"] {
            #expect(format(text) == nil, "\(text)")
        }
    }

    @Test("A filter accepts services and regions, in any case, any of several")
    func filters() {
        func blocks(_ services: [String], _ regions: [String]) -> [String] {
            feed(FeedSamples.aws, .aws, FeedFilter(services: services, regions: regions))
                .entries.map(\.block.description)
        }
        #expect(blocks(["ec2"], []) == ["3.5.140.0/22", "2600:1ff2:4000::/40"])
        #expect(blocks([], ["EU-WEST-1"]) == ["3.4.12.4/32"])
        #expect(blocks(["EC2"], ["us-west-2"]) == ["2600:1ff2:4000::/40"])
        #expect(blocks(["EC2", "S3"], ["ap-northeast-2", "us-west-2"]).count == 2)
        #expect(blocks(["S3"], ["eu-west-1"]) == [])
    }

    @Test(
        "An Azure service is named by its tag, the part before the dot, or its own name",
        arguments: ["Storage.WestEurope", "storage", "AzureStorage"]
    )
    func azureServices(name: String) {
        let feed = feed(FeedSamples.azure, .azure, FeedFilter(services: [name]))
        #expect(feed.entries.map(\.block.description) == ["20.38.108.0/23"])
        #expect(feed.unmatchedFilters == [])
    }

    @Test("A value that the feed does not have is reported, with the values that it has")
    func unmatched() {
        let filter = FeedFilter(services: ["EC2", "EC3"], regions: ["eu-west-9"])
        let unmatched = feed(FeedSamples.aws, .aws, filter).unmatchedFilters
        #expect(unmatched.map(\.value) == ["EC3", "eu-west-9"])
        #expect(unmatched.map(\.key) == [.services, .regions])
        #expect(unmatched[0].known == ["AMAZON", "EC2", "S3"])
        #expect(unmatched[1].known == ["ap-northeast-2", "eu-west-1", "us-west-2"])
    }

    @Test("Values that do not occur together in the feed are reported too")
    func filteredOut() {
        func isFilteredOut(_ services: [String], _ regions: [String]) -> Bool {
            feed(FeedSamples.aws, .aws, FeedFilter(services: services, regions: regions))
                .isFilteredOut
        }
        #expect(isFilteredOut(["S3"], ["eu-west-1"]))
        #expect(!isFilteredOut(["S3"], []) && !isFilteredOut([], []))
        #expect(!isFilteredOut(["S4"], ["eu-west-1"]), "that is reported by itself")
    }

    @Test("An invalid prefix is named by its path, and does not affect the others")
    func invalidPrefixes() {
        let text = FeedSamples.aws
            .replacing("\"3.4.12.4/32\"", with: "\"3.4.12.4/24\"")
            .replacing("\"2600:1ff2:4000::/40\"", with: "null")
        let feed = feed(text, .aws)
        #expect(feed.entries.map(\.block.description) == ["3.5.140.0/22"])
        #expect(
            feed.errors.map(\.description) == [
                "prefixes[0].ip_prefix: \"3.4.12.4/24\": host bits are set (did you mean 3.4.12.0/24?)",
                "ipv6_prefixes[0].ipv6_prefix: missing",
            ]
        )
        let azure = self.feed(
            FeedSamples.azure.replacing("20.38.108.0/23", with: "20.38.108"),
            .azure
        )
        #expect(azure.errors.map(\.path).first == "values[0].properties.addressPrefixes[1]")
        let google = self.feed(FeedSamples.google.replacing("/32", with: "/129"), .google)
        #expect(google.errors.map(\.path) == ["prefixes[1].ipv6Prefix"])
        let neither = self.feed(#"{"prefixes":[{"service":"x"}]}"#, .google)
        #expect(neither.errors.map(\.description) == ["prefixes[0].ipv4Prefix: missing"])
    }

    @Test("Terminal control characters in an invalid prefix do not appear in its error")
    func hostilePrefix() {
        let text = FeedSamples.google.replacing("8.8.4.0/24", with: #"8\u001b[2J\u202e.4"#)
        #expect(feed(text, .google).errors[0].message.hasPrefix(#""8\u{1B}[2J\u{202E}.4": "#))
        let long = FeedSamples.google.replacing("8.8.4.0", with: String(repeating: "8", count: 99))
        #expect(
            feed(long, .google).errors[0].message.hasPrefix(
                "\"\(String(repeating: "8", count: 64))\"…: "
            )
        )
    }

    @Test(
        "A value of the wrong kind is named by its path",
        arguments: [
            (
                #"{"prefixes":[{"ip_prefix":"10.0.0.0/8"},{"ip_prefix":40}]}"#,
                "prefixes[1].ip_prefix: expected a string"
            ),
            (#"{"prefixes":[[]]}"#, "prefixes[0]: expected an object"),
            (#"{"prefixes":[null]}"#, "prefixes[0]: expected an object"),
            (#"{"prefixes":{}}"#, "prefixes: expected an array"),
            ("[]", "expected an object"),
        ]
    )
    func otherKind(text: String, description: String) {
        let feed = feed(text, .aws)
        #expect(feed.errors.map(\.description) == [description])
        #expect(feed.entries == [])
    }

    @Test("Invalid JSON is one error, and nothing is read")
    func damaged() {
        let cut = String(FeedSamples.aws.prefix(400))
        let odd = FeedSamples.google.replacing(":[{", with: ":[,{")
        let deep = String(repeating: "[", count: 1_000_000)
        for (text, format) in [
            (cut, FeedFormat.aws), (odd, .google), (FeedSamples.google + " x", .google),
            ("{\"prefixes\":\(deep)", .google), ("", .aws),
        ] {
            let feed = feed(text, format)
            #expect(feed.errors.count == 1 && feed.entries == [])
            #expect(feed.errors[0].description.hasPrefix("invalid JSON (download"))
        }
        let bytes = Array(FeedSamples.google.replacing("8.8.4.0", with: "\u{7f}").utf8)
            .map { $0 == 0x7f ? 0xff : $0 }
        #expect(AddressFeed(parsing: bytes, as: .google).errors.count == 1, "not UTF-8")
    }

    @Test("A file without a list is not an empty feed", arguments: FeedFormat.allCases)
    func noList(format: FeedFormat) {
        let errors = feed("{\"a\":{\"prefixes\":[],\"values\":[]}}", format).errors
        #expect(
            errors.map(\.description) == [
                "the feed has no list of prefixes (download the file again)"
            ]
        )
        let list = format == .azure ? "values" : "prefixes"
        #expect(feed("{\"\(list)\":[]}", format).errors == [])
    }

    @Test("Errors are counted without limit, but only the first ones are kept")
    func manyErrors() {
        let entry = "{\"ipv4Prefix\":\"10.0.0.1/8\"}"
        let text = "{\"prefixes\":[\(Array(repeating: entry, count: 500).joined(separator: ","))]}"
        let feed = feed(text, .google)
        #expect(feed.errors.count == AddressFeed.errorLimit)
        #expect(feed.furtherErrorCount == 400)
    }

    @Test("A byte order mark is ignored")
    func byteOrderMark() {
        #expect(feed("\u{FEFF}" + FeedSamples.google, .google).entries.count == 2)
    }

    @Test("A hundred thousand prefixes in one line are read, each with its path")
    func large() {
        let entries = (0..<100_000).map { number in
            "{\"ipv4Prefix\":\"\(10 + number >> 16).\(number >> 8 & 255).\(number & 255).0/24\"}"
        }
        let feed = feed("{\"prefixes\":[\(entries.joined(separator: ","))]}", .google)
        #expect(feed.entries.count == 100_000)
        #expect(feed.errors == [])
        #expect(feed.entries.last?.path.description == "prefixes[99999].ipv4Prefix")
    }

    @Test("A damaged feed does not crash, or have entries that are not in the file")
    func damagedFeeds() throws {
        let seed = UInt64.random(in: .min ... .max)
        var generator = SeededGenerator(seed: seed)
        let samples: [(String, FeedFormat)] = [
            (FeedSamples.aws, .aws), (FeedSamples.azure, .azure), (FeedSamples.google, .google),
        ]
        var checkedCount = 0
        for round in 0..<3_000 {
            let (sample, format) = samples[round % samples.count]
            var bytes = Array(sample.utf8)
            for _ in 0..<Int.random(in: 1...4, using: &generator) {
                bytes.damage(using: &generator)
            }
            let feed = AddressFeed(parsing: bytes, as: format)
            guard !feed.entries.isEmpty else { continue }
            // `try?`: it also refuses invalid escapes in values that are not part of an entry.
            guard let document = try? JSONSerialization.jsonObject(with: Data(bytes)) else {
                continue
            }
            checkedCount += 1
            for entry in feed.entries {
                let text = value(at: "\(entry.path)", in: document)
                // `try?`: of two keys of one name, the other reader may have chosen the other one.
                let block = text.flatMap { try? CIDRBlock(parsing: $0) }
                #expect(
                    block == entry.block || quotedBlocks(in: bytes).contains(entry.block),
                    "seed \(seed): \(entry.path)"
                )
            }
        }
        #expect(checkedCount > 300, "seed \(seed)")
    }

    /// Whatever stands in quotation marks and is a block.
    private func quotedBlocks(in bytes: [UInt8]) -> Set<CIDRBlock> {
        let texts = String(decoding: bytes, as: UTF8.self).split(separator: "\"")
        return Set(texts.compactMap { try? CIDRBlock(parsing: String($0)) })
    }

    /// The string at `prefixes[12].ip_prefix`, as another JSON reader finds it.
    private func value(at path: String, in document: Any) -> String? {
        var value: Any? = document
        for key in path.split(whereSeparator: { ".[]".contains($0) }) {
            if let index = Int(key) {
                guard let list = value as? [Any], list.indices.contains(index) else { return nil }
                value = list[index]
            } else {
                value = (value as? [String: Any])?[String(key)]
            }
        }
        return value as? String
    }
}

extension [UInt8] {
    /// Changes, removes, inserts or repeats a few bytes.
    fileprivate mutating func damage(using generator: inout SeededGenerator) {
        let at = Int.random(in: 0...count, using: &generator)
        let length = Swift.min(Int.random(in: 1...8, using: &generator), count - at)
        switch Int.random(in: 0..<5, using: &generator) {
        case 0: if at < count { self[at] ^= 1 << UInt8.random(in: 0..<8, using: &generator) }
        case 1: removeSubrange(at..<at + length)
        case 2:
            insert(Array("{}[]\",:\\0-e .\n".utf8).randomElement(using: &generator) ?? 0, at: at)
        case 3: insert(contentsOf: self[at..<at + length], at: at)
        default: removeLast(count - at)
        }
    }
}
