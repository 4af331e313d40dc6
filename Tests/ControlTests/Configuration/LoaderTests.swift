import Addresses
import CIDRTrie
import DomainNames
import Foundation
import Glibc
import Policy
import Settings
import Testing
import Time

@testable import Control

@Suite("Loading a configuration and the files that it names")
struct LoaderTests {
    private let yaml = """
        warehouses:
          - id: AWVA7CM7
            whitelist:
              files: [ office.cidrs ]
            listeners:
              - protocol: mysql
                listen: 0.0.0.0:9030
                backends: [ { address: 127.0.0.1:3306 } ]
        """

    @Test("A missing file is an error of the whole file, with the system's message")
    func missing() {
        let loaded = testLoader.load(contentsOf: "/nowhere/sluice.yaml")
        #expect(
            loaded.lines == [
                "/nowhere/sluice.yaml: error: cannot read the file: no such file or directory"
            ]
        )
        #expect(loaded.configuration == nil)
    }

    @Test("A folder, a text that is not UTF-8 and a file beyond the limit cannot be read")
    func unreadable() throws {
        let folder = try TemporaryFolder()
        try folder.write(Data([0x61, 0x3a, 0x20, 0xff]), to: "latin.yaml")
        try folder.write(Data(count: (4 << 20) + 1), to: "long.yaml")
        #expect(
            testLoader.load(contentsOf: folder.url.path).messages == [
                "cannot read the file: is a directory"
            ]
        )
        #expect(
            testLoader.load(contentsOf: folder.path(of: "latin.yaml")).messages
                == ["cannot read the file: it is not UTF-8"]
        )
        #expect(
            testLoader.load(contentsOf: folder.path(of: "long.yaml")).messages
                == ["cannot read the file: larger than 4 MiB"]
        )
    }

    @Test("A pipe or a device is rejected immediately, as configuration and as list")
    func notRegular() throws {
        let folder = try TemporaryFolder()
        // However long a path is, it is shown whole: someone has to find the file.
        let pipe = folder.path(of: String(repeating: "pipe", count: 25))
        #expect(unsafe mkfifo(pipe, 0o600) == 0)
        for (path, kind) in [
            (pipe, "a pipe"), ("/dev/zero", "a device"), ("/dev/null", "a device"),
        ] {
            let expected = "it is \(kind), not a regular file (copy its contents to a file)"
            #expect(
                testLoader.load(contentsOf: path).messages == ["cannot read the file: \(expected)"]
            )
            let loaded = try load(yaml.replacing("office.cidrs", with: path))
            #expect(loaded.messages == ["cannot read \(path.debugDescription): \(expected)"])
        }
    }

    @Test("UTF-16 is reported, in the configuration and in a list")
    func utf16() throws {
        let folder = try TemporaryFolder(["sluice.yaml": yaml])
        let text = Data("10.0.0.0/8\n".utf8.flatMap { [$0, 0] })
        try folder.write(Data([0xff, 0xfe]) + text, to: "office.cidrs")
        #expect(
            testLoader.load(contentsOf: folder.path(of: "office.cidrs")).messages
                == ["cannot read the file: it is UTF-16 (save it as UTF-8)"]
        )
        let loaded = testLoader.load(contentsOf: folder.path(of: "sluice.yaml"))
        #expect(loaded.messages == ["the file is UTF-16"])
    }

    @Test(
        "Lists that are too large together are rejected, so that a small file cannot fill the memory"
    )
    func manyLists() throws {
        let folder = try TemporaryFolder()
        // A hole takes no room on the disk.
        #expect(FileManager.default.createFile(atPath: folder.path(of: "big"), contents: nil))
        let big = try FileHandle(forWritingTo: URL(filePath: folder.path(of: "big")))
        try big.truncate(atOffset: 60 << 20)
        try big.close()
        let names = Array(repeating: "{ path: big, format: image }", count: 5).joined(
            separator: ", "
        )
        try folder.write(
            Data(yaml.replacing("[ office.cidrs ]", with: "[ \(names) ]").utf8),
            to: "sluice.yaml"
        )
        let loaded = testLoader.load(contentsOf: folder.path(of: "sluice.yaml"))
        #expect(loaded.messages.last?.contains("exceed 256 MiB in total") == true)
    }

    @Test("A byte order mark is not part of the text")
    func byteOrderMark() throws {
        #expect(try load("\u{FEFF}policy: x\nwarehouses: []").places.first == "1:9 policy")
    }

    @Test("A whitelist's file is relative to the configuration file")
    func relativePath() throws {
        let loaded = try load(yaml, files: ["office.cidrs": "203.0.113.0/24 office\n"])
        #expect(loaded.lines == [])
        #expect(loaded.configuration?.policy.warehouses.values.first?.whitelist.entryCount == 1)
    }

    @Test("A whitelist's file that cannot be read is an error where it is named")
    func missingList() throws {
        let loaded = try load(yaml)
        #expect(loaded.places == ["4:16 warehouses[0].whitelist.files[0]"])
        #expect(loaded.messages == ["cannot read \"office.cidrs\": no such file or directory"])
    }

    @Test("An error in a whitelist's file is reported with that file, line and column")
    func faultyList() throws {
        let list = "# offices\n203.0.113.0/24 Lisbon\n198.51.100.1/24\n  300.0.0.0/8\n"
        let loaded = try load(yaml, files: ["office.cidrs": list])
        let file = loaded.file.replacing("sluice.yaml", with: "office.cidrs")
        #expect(loaded.places.allSatisfy { $0.hasSuffix("warehouses[0].whitelist.files[0]") })
        #expect(loaded.lines.map { $0.hasPrefix("\(file):") } == [true, true])
        #expect(loaded.findings.map(\.position?.line) == [3, 4])
        #expect(loaded.findings.first?.remedy == "did you mean 198.51.100.0/24?")
    }

    @Test("For a file that is not a list, the first errors and their number are reported")
    func noList() throws {
        let loaded = try load(yaml, files: ["office.cidrs": String(repeating: "no\n", count: 500)])
        #expect(loaded.faults.count == 21)
        #expect(loaded.messages.contains("480 more invalid lines"))
    }

    @Test("A block that a file allows and an entry denies is an error that names both places")
    func contradiction() throws {
        let both = yaml.replacing(
            "files:",
            with: "entries: [ { cidr: 203.0.113.0/24, action: deny } ]\n      files:"
        )
        let loaded = try load(both, files: ["office.cidrs": "\n203.0.113.0/24 Lisbon\n"])
        let file = loaded.file.replacing("sluice.yaml", with: "office.cidrs")
        #expect(
            loaded.lines == [
                "\(file):2:1: error: warehouses[0].whitelist.files[0]: 203.0.113.0/24 is both "
                    + "allowed and denied (see warehouses[0].whitelist.entries[0].cidr, line 4) "
                    + "(remove one of the two)"
            ]
        )
    }

    @Test("Reloading reads the file again")
    func reload() throws {
        let folder = try TemporaryFolder(["sluice.yaml": "warehouses: []\ndomain: a.example"])
        let path = folder.path(of: "sluice.yaml")
        #expect(
            testLoader.load(contentsOf: path).configuration?.topology.domain?.text == "a.example"
        )
        try folder.write(Data("warehouses: []\ndomain: b.example".utf8), to: "sluice.yaml")
        #expect(
            testLoader.load(contentsOf: path).configuration?.topology.domain?.text == "b.example"
        )
    }

    @Test("Without a file, the error names the standard paths and the option")
    func withoutFile() {
        let lines = ConfigurationLoader.withoutFile.lines
        #expect(lines.count == 1)
        #expect(lines[0].contains("neither sluice.yaml nor /etc/sluice/sluice.yaml exists"))
        #expect(lines[0].contains("--config"))
    }

    @Test("An unavailable congestion control is a warning that lists those available")
    func congestionControl() throws {
        let kernel = KernelSupport(
            refusal: { $0 == .named("cubic") ? nil : "no such file or directory" },
            available: { ["reno", "cubic"] }
        )
        func findings(_ name: String) -> [ConfigurationFinding] {
            ConfigurationLoader(now: { UnixTime(seconds: 0) }, kernel: kernel)
                .decode("warehouses: []\nengine:\n  congestionControl: \(name)\n", from: "x")
                .findings.filter { $0.path != "warehouses" }
        }
        #expect(findings("cubic") == [] && findings("auto") == [])
        let found = try #require(findings("reno2").first)
        #expect(found.severity == .warning && found.path == "engine.congestionControl")
        #expect(found.position == SourcePosition(line: 3, column: 22))
        #expect(found.remedy == "did you mean reno?")
        #expect(findings("xyz").first?.remedy == "use one of auto, system, reno, cubic")
    }

    @Test("A buffer that is larger than the kernel grants is a warning, if it is written")
    func buffers() throws {
        let kernel = KernelSupport(
            refusal: { _ in nil },
            available: { [] },
            receiveBufferLimit: { 212_992 }
        )
        func findings(_ engine: String, _ kernel: KernelSupport) -> [ConfigurationFinding] {
            ConfigurationLoader(now: { UnixTime(seconds: 0) }, kernel: kernel)
                .decode("warehouses: []\nengine: { \(engine) }\n", from: "x")
                .findings.filter { $0.path != "warehouses" }
        }
        #expect(findings("clientBuffer: 4MiB, unsent: 8MiB", kernel) == [], "the default")
        let found = findings("clientBuffer: 5MiB, backendBuffer: 1GiB", kernel)
        #expect(found.map(\.path) == ["engine.backendBuffer"], "an error comes before warnings")
        let large = findings("clientBuffer: 5MiB, backendBuffer: 1023MiB", kernel)
        #expect(large.map(\.path) == ["engine.clientBuffer", "engine.backendBuffer"])
        #expect(large.map(\.severity) == [.warning, .warning])
        #expect(large[0].position == SourcePosition(line: 2, column: 25))
        #expect(large[0].message.contains("grants no more than 212992B"))
        #expect(large[0].remedy == "set net.core.rmem_max=5242880, or write 212992B")
        let unknown = KernelSupport(refusal: { _ in nil }, available: { [] })
        #expect(findings("clientBuffer: 1023MiB", unknown) == [])
    }

    @Test("Where a gateway is managed is known from a file with errors elsewhere")
    func management() throws {
        let management = "management: { listen: 127.0.0.1:7099 }\n"
        func port(_ yaml: String) throws -> UInt16? {
            let folder = try TemporaryFolder(["sluice.yaml": yaml])
            return testLoader.loadManagement(contentsOf: folder.path(of: "sluice.yaml"))?
                .management.address?.port
        }
        #expect(try port("\(management)warehouses: [ { id: W, listner: [] } ]\n") == 7099)
        #expect(try port("warehouses: 3\nfoo: bar\n\(management)") == 7099)
        #expect(try port("\(management)warehouses: [ {\n") == 7099)
        #expect(try port("warehouses: [ }\n\(management)") == nil, "nothing is certain after it")
        #expect(try port("management: { listen: 127.0.0.1:7099, foo: 1 }\n") == nil)
        #expect(try port("management: { listen: 127.0.0.1:70") == nil)
        #expect(try port("warehouses: []\n") == nil)
        #expect(testLoader.loadManagement(contentsOf: "/nonexistent/sluice.yaml") == nil)
    }

    @Test("This machine's kernel has Reno, and not an invented algorithm")
    func kernel() {
        #expect(KernelSupport.current.refusal(.named("reno")) == nil)
        #expect(KernelSupport.current.refusal(.named("nosuchcontrol")) != nil)
        #expect(KernelSupport.current.available().contains("reno"))
        // In a network namespace of its own, the setting may not be there.
        #expect(KernelSupport.current.receiveBufferLimit().map { $0 > 0 } ?? true)
    }
}
