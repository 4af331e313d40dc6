import AddressFeeds
import Addresses
import Testing

@Suite("The clouds' published lists")
struct FeedTests {
    private func feed(_ text: String, _ format: FeedFormat, _ filter: FeedFilter = FeedFilter())
        -> AddressFeed
    {
        AddressFeed(parsing: Array(text.utf8), as: format, filter: filter)
    }

    private func lines(_ feed: AddressFeed) -> [String] {
        feed.entries.map { "\($0.place.line):\($0.place.column) \($0.block) \($0.description)" }
    }

    @Test("Amazon's: both families, and the service in place of the whole")
    func aws() {
        let feed = feed(FeedSamples.aws, .aws)
        #expect(feed.faults == [])
        #expect(
            lines(feed) == [
                "6:20 3.4.12.4/32 AMAZON eu-west-1", "12:20 3.5.140.0/22 S3 ap-northeast-2",
                "32:22 2600:1ff2:4000::/40 EC2 us-west-2",
            ]
        )
    }

    @Test("What a terminal might obey in a feed's words becomes a question mark")
    func controlCharacters() {
        let text = FeedSamples.aws.replacing("EC2", with: #"E\u001b[2J\u009b\u202eC"#)
        let feed = feed(text, .aws)
        #expect(feed.entries.last?.description == "E?[2J??C us-west-2")
        let slip = self.feed(text, .aws, FeedFilter(services: ["EC2"]))
        #expect(slip.unmatchedFilters.first?.known.contains("E?[2J??C") == true)
    }

    @Test("Azure's: each tag's prefixes, and the service in place of the whole")
    func azure() {
        let feed = feed(FeedSamples.azure, .azure)
        #expect(feed.faults == [])
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
        #expect(cloud.faults == [] && all.faults == [])
    }

    @Test("Each is known by its content, and a text list is none of them")
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

    @Test("A filter takes services and regions, without regard to case, any of several")
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
        "An Azure service goes by its tag, the part before the dot, or its own name",
        arguments: ["Storage.WestEurope", "storage", "AzureStorage"]
    )
    func azureServices(name: String) {
        let feed = feed(FeedSamples.azure, .azure, FeedFilter(services: [name]))
        #expect(feed.entries.map(\.block.description) == ["20.38.108.0/23"])
        #expect(feed.unmatchedFilters == [])
    }

    @Test("A value that nothing in the feed has is told, with what the feed has")
    func unmatched() {
        let filter = FeedFilter(services: ["EC2", "EC3"], regions: ["eu-west-9"])
        let unmatched = feed(FeedSamples.aws, .aws, filter).unmatchedFilters
        #expect(unmatched.map(\.value) == ["EC3", "eu-west-9"])
        #expect(unmatched.map(\.key) == [.services, .regions])
        #expect(unmatched[0].known == ["AMAZON", "EC2", "S3"])
        #expect(unmatched[1].known == ["ap-northeast-2", "eu-west-1", "us-west-2"])
    }

    @Test("Values that nothing in the feed has together are told too")
    func filteredOut() {
        func isFilteredOut(_ services: [String], _ regions: [String]) -> Bool {
            feed(FeedSamples.aws, .aws, FeedFilter(services: services, regions: regions))
                .isFilteredOut
        }
        #expect(isFilteredOut(["S3"], ["eu-west-1"]))
        #expect(!isFilteredOut(["S3"], []) && !isFilteredOut([], []))
        #expect(!isFilteredOut(["S4"], ["eu-west-1"]), "that is told by itself")
    }

    @Test("A faulty entry is named by line and column, and costs no other one")
    func faultyEntries() {
        let text = FeedSamples.aws
            .replacing("\"3.4.12.4/32\"", with: "\"3.4.12.4/24\"")
            .replacing("\"2600:1ff2:4000::/40\"", with: "40")
        let feed = feed(text, .aws)
        #expect(feed.entries.map(\.block.description) == ["3.5.140.0/22"])
        #expect(feed.faults.map(\.place.line) == [6, 31, 32])
        #expect(feed.faults[0].description.hasPrefix("6:20: \"3.4.12.4/24\": "))
        #expect(feed.faults[0].description.contains("3.4.12.0/24"))
        #expect(feed.faults[1].description == "31:5: an entry without ipv6_prefix")
        #expect(feed.faults[2].description == "32:22: expected a string, found '4'")
    }

    @Test("What is no JSON is one fault at its place, after which nothing is read")
    func damaged() {
        let cut = String(FeedSamples.aws.prefix(400))
        let faults = feed(cut, .aws).faults
        #expect(faults.count == 1)
        #expect(faults[0].place.line == cut.split(separator: "\n").count)
        let odd = feed(FeedSamples.google.replacing(":[{", with: ":[,{"), .google)
        #expect(odd.faults.count == 1 && odd.entries == [])
        let tail = feed(FeedSamples.google + " x", .google)
        #expect(tail.faults.map(\.message) == ["something stands behind the end of the JSON value"])
    }

    @Test("A file without a list is no empty feed", arguments: FeedFormat.allCases)
    func noList(format: FeedFormat) {
        let faults = feed("{\"a\":{\"prefixes\":[],\"values\":[]}}", format).faults
        #expect(faults.map(\.description) == ["1:1: the feed has no list of prefixes"])
        let list = format == .azure ? "values" : "prefixes"
        #expect(feed("{\"\(list)\":[]}", format).faults == [])
    }

    @Test("Faults without number are counted, not kept")
    func manyFaults() {
        let entry = "{\"ipv4Prefix\":\"10.0.0.1/8\"}"
        let text = "{\"prefixes\":[\(Array(repeating: entry, count: 500).joined(separator: ","))]}"
        let feed = feed(text, .google)
        #expect(feed.faults.count == AddressFeed.faultLimit)
        #expect(feed.furtherFaultCount == 400)
    }

    @Test("A hundred thousand prefixes in one line are read, each with its place")
    func large() {
        let entries = (0..<100_000).map { number in
            "{\"ipv4Prefix\":\"\(10 + number >> 16).\(number >> 8 & 255).\(number & 255).0/24\"}"
        }
        let feed = feed("{\"prefixes\":[\(entries.joined(separator: ","))]}", .google)
        #expect(feed.entries.count == 100_000)
        #expect(feed.faults == [])
        #expect(feed.entries.last?.place.line == 1)
        let columns = feed.entries.map(\.place.column)
        #expect(columns == columns.sorted() && Set(columns).count == columns.count)
    }
}
