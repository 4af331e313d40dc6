import Policy
import Settings
import Testing
import Time

@Suite("List files that were read before")
struct ListFileCacheTests {
    /// Files with stamps, and a count of the reads of each.
    private final class Files {
        var contents: [String: String] = [:]
        var stamps: [String: Int64] = [:]
        var readCounts: [String: Int] = [:]
        var isSettled = true

        func read(_ path: String, _ known: FileStamp?) throws(UnreadableFile) -> FileReading {
            guard let text = contents[path] else { throw UnreadableFile(reason: "none") }
            let stamp = FileStamp(
                identity: [stamps[path] ?? 0],
                byteCount: text.utf8.count,
                isSettled: isSettled
            )
            if known?.identity == stamp.identity { return .unchanged }
            readCounts[path, default: 0] += 1
            return .content(Array(text.utf8), stamp)
        }
    }

    private let tree = SampleTree.public
        .setting("warehouses[0].whitelist", to: ["files": ["a", "b"]])

    private func lists(_ files: Files, _ cache: ListFileCache) -> [EntryList] {
        let decoder = ConfigurationDecoder(now: UnixTime(seconds: 0), lists: cache) {
            (path, known) throws(UnreadableFile) in try files.read(path, known)
        }
        return decoder.decode(tree).configuration?.policy["AWVA7CM7"].whitelist.lists ?? []
    }

    @Test("A file with the same stamp is not read again, and gives the same list")
    func unchanged() {
        let (files, cache) = (Files(), ListFileCache())
        files.contents = ["a": "10.0.0.0/8", "b": "11.0.0.0/8"]
        let first = lists(files, cache)
        files.contents["a"] = "12.0.0.0/8"
        files.stamps["a"] = 1
        let second = lists(files, cache)
        #expect(files.readCounts == ["a": 2, "b": 1])
        #expect(first.count == 2 && second.count == 2)
        #expect(first[0] !== second[0] && first[1] === second[1])
        #expect(first[0].series == second[0].series, "a new version of the same list")
        #expect(second[0].entries.map(\.entry.text) == ["12.0.0.0/8"])
    }

    @Test("A recently changed file is read again, whatever its stamp")
    func unsettled() {
        let (files, cache) = (Files(), ListFileCache())
        files.isSettled = false
        files.contents = ["a": "10.0.0.0/8", "b": "11.0.0.0/8"]
        let first = lists(files, cache)
        files.contents["a"] = "12.0.0.0/8"
        let second = lists(files, cache)
        #expect(files.readCounts == ["a": 2, "b": 2])
        #expect(second[0].entries.map(\.entry.text) == ["12.0.0.0/8"])
        #expect(first[1] === second[1], "the same content is the same list")
    }

    @Test("A file's errors are reported again, although it is not read again")
    func problems() {
        let (files, cache) = (Files(), ListFileCache())
        files.contents = ["a": "10.0.0.0/8\nnonsense", "b": "10.0.0.0/8\n10.1.0.0/16"]
        for _ in 0..<2 {
            let decoder = ConfigurationDecoder(now: UnixTime(seconds: 0), lists: cache) {
                (path, known) throws(UnreadableFile) in try files.read(path, known)
            }
            let decoded = decoder.decode(tree)
            #expect(decoded.faults.map(\.file) == ["a"])
            #expect(decoded.topology != nil, "the rest could be served")
        }
        #expect(files.readCounts == ["a": 1, "b": 1])
    }
}
