import Addresses
import Foundation
import FreePorts
import Logging
import NIOCore
import NIOPosix
import Operations
import Policy
import Settings
import Store
import Synchronization
import Testing
import Text
import Time
import Traffic

@testable import Control

@Suite("Audit records as syslog messages")
struct SyslogMessageTests {
    private let origin = SyslogMessage.Origin(host: "gw1", processID: 812)

    private func chained(
        _ action: String = "whitelist.entry.add",
        name: String = "ci",
        note: String? = nil
    ) throws -> ChainedRecord {
        try AuditFolder.with { store in
            _ = try store.write(
                by: AuditActor(kind: .key, id: "k1", name: name, address: "203.0.113.7"),
                at: UnixTime(seconds: 1_795_428_000)
            ) { transaction in
                try transaction.record(
                    AuditedAct(action, warehouse: "W", target: "12", note: note)
                )
            }
            return try #require(try store.audit(after: 0, matching: AuditFilter(), limit: 9).last)
        }
    }

    @Test("It has the fields of RFC 5424, and the record as it was hashed")
    func format() throws {
        let record = try chained()
        let text = SyslogMessage(record, from: origin).text
        let head = "<109>1 2026-11-23T10:00:00Z gw1 sluice 812 whitelist.entry.add [audit@32473 "
        #expect(text.hasPrefix(head))
        #expect(text.contains(#" actor="ci" actorKind="key" actorId="k1" address="203.0.113.7""#))
        #expect(text.contains(#"warehouse="W" target="12" hash="\#(record.hash)"] {"#))
        #expect(text.hasSuffix("] " + record.document))
    }

    @Test("Names cannot end the structured data or the message")
    func escaping() throws {
        let text = SyslogMessage(try chained(name: "a\"]\\\n<1>"), from: origin).text
        #expect(text.contains(#"actor="a\"\]\\ <1>""#))
        #expect(!text.contains("\n"))
    }

    @Test("A long or strange action is a short, printable message id")
    func messageID() throws {
        let action = "a b\u{e9}" + String(repeating: "x", count: 60)
        let text = SyslogMessage(try chained(action), from: origin).text
        let id = "ab" + String(repeating: "x", count: 30)
        #expect(text.contains(" 812 \(id) [audit@"))
    }

    @Test("A text beyond ASCII has the byte order mark")
    func mark() throws {
        #expect(
            SyslogMessage(try chained(note: "caf\u{e9}"), from: origin).text.contains("\u{feff}{")
        )
        #expect(!SyslogMessage(try chained(), from: origin).text.contains("\u{feff}"))
    }

    @Test("On a stream its length in bytes comes first")
    func frame() throws {
        let message = SyslogMessage(try chained(note: "caf\u{e9}"), from: origin)
        let frame = String(decoding: message.frame, as: UTF8.self)
        #expect(frame == "\(message.text.utf8.count) \(message.text)")
    }

    @Test("A datagram is cut, but not in the middle of a character", arguments: 300..<330)
    func datagram(_ limit: Int) throws {
        let note = String(repeating: "\u{1f600}", count: 200)
        let bytes = SyslogMessage(try chained(note: note), from: origin).datagram(upTo: limit)
        #expect(bytes.count <= limit && bytes.count > limit - 4)
        #expect(String(validating: bytes, as: UTF8.self) != nil)
    }

    @Test("A host name that is not printable is not in the way")
    func host() throws {
        let strange = SyslogMessage.Origin(host: "\u{e9} \n", processID: 1)
        #expect(SyslogMessage(try chained(), from: strange).text.contains("Z - sluice 1 "))
    }
}

@Suite("What is sent again after a failure")
struct DeliveryProgressTests {
    private let start = ContinuousClock.now

    @Test("What was written shortly before is sent again, and nothing older")
    func stream() {
        var progress = DeliveryProgress(after: 10)
        progress.write(through: 12, at: start)
        progress.write(through: 15, at: start + .seconds(8))
        #expect(progress.written == 15 && progress.confirmed == 10)
        progress.fail(at: start + .seconds(11))
        #expect(progress.written == 12)
    }

    @Test("A datagram is not sent again")
    func datagrams() {
        var progress = DeliveryProgress(after: 0)
        progress.deliver(through: 3)
        progress.fail(at: start)
        #expect(progress.written == 3)
    }

    @Test("Many writes take bounded memory, and none of them counts too early")
    func bounded() {
        var progress = DeliveryProgress(after: 0)
        for number in 1...10_000 {
            progress.write(through: Int64(number), at: start + .milliseconds(number))
        }
        #expect(MemoryLayout.size(ofValue: progress) < 64 && progress.written == 10_000)
        progress.fail(at: start + .milliseconds(10_001))
        #expect(progress.written <= 1)
    }

    @Test("A store with fewer records is followed")
    func restored() {
        var progress = DeliveryProgress(after: 50)
        progress.limit(to: 20)
        #expect(progress.written == 20)
    }

    @Test("Pauses grow up to half a minute, and are short again after a success")
    func backoff() {
        var backoff = Backoff()
        let pauses = (0..<9).map { _ in backoff.failed() }
        #expect(pauses[0] == .milliseconds(500) && pauses[1] == .seconds(1))
        #expect(pauses[8] == .seconds(30))
        backoff.succeeded()
        let next = backoff.failed()
        #expect(next == .milliseconds(500))
    }
}

@Suite("Exporting the audit")
struct AuditExportTests {
    private let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    private func add(_ note: String, to store: PolicyStore) throws {
        _ = try store.write(by: .gateway, at: UnixTime(seconds: 0)) { transaction in
            try transaction.record(AuditedAct("test", note: note))
        }
    }

    @Test("A receiver over TCP gets what is recorded, again after an outage, and nothing older")
    func tcp() async throws {
        try await AuditFolder.with { store in
            try add("before", to: store)
            // Nobody else is given it during the outage.
            var receiver = try await SyslogReceiver(port: Int(try Ports.free()))
            let port = receiver.port
            let exporter = AuditExporter(
                .tcp(.init(host: .ip(.v4(IPv4Address(127, 0, 0, 1))), port: UInt16(port))),
                logger: logger
            )
            exporter.start { store }
            #expect(try await eventually { exporter.status?.isConnected == true })
            try add("first", to: store)
            exporter.recordsAdded()
            #expect(try await eventually { receiver.text.contains("first") })
            #expect(!receiver.text.contains("before"))
            await receiver.close()
            #expect(try await eventually { exporter.status?.isConnected == false })
            for number in 1...200 { try add("during-\(number).", to: store) }
            receiver = try await SyslogReceiver(port: port)
            let second = receiver
            #expect(try await eventually { second.text.contains("during-200.") })
            for number in 1...200 { #expect(second.text.contains("during-\(number).")) }
            #expect(exporter.status?.dropped == 0)
            await exporter.finish(through: store.auditNumber, within: .seconds(60))
            #expect(exporter.status?.lastNumber == store.auditNumber)
            await receiver.close()
        }
    }

    @Test("A receiver that is not there delays neither a write nor the end")
    func absent() async throws {
        try await AuditFolder.with { store in
            let exporter = AuditExporter(.unix(path: "/nonexistent/log"), logger: logger)
            exporter.start { store }
            for number in 1...50 {
                try add("\(number)", to: store)
                exporter.recordsAdded()
            }
            await exporter.finish(through: store.auditNumber, within: .milliseconds(200))
            #expect(exporter.status?.sent == 0 && exporter.status?.dropped ?? 0 >= 50)
        }
    }

    @Test("Without a receiver nothing is exported, and it begins with what comes later")
    func redirected() async throws {
        try await AuditFolder.with { store in
            let exporter = AuditExporter(.off, logger: logger)
            exporter.start { store }
            #expect(exporter.status == nil)
            try add("before", to: store)
            let receiver = try await SyslogReceiver(port: 0)
            exporter.redirect(
                to: .tcp(
                    .init(host: .ip(.v4(IPv4Address(127, 0, 0, 1))), port: UInt16(receiver.port))
                )
            )
            #expect(try await eventually { exporter.status?.isConnected == true })
            try add("after", to: store)
            exporter.recordsAdded()
            #expect(try await eventually { receiver.text.contains("after") })
            #expect(!receiver.text.contains("before"))
            await exporter.finish(through: store.auditNumber, within: .seconds(60))
            await receiver.close()
        }
    }

    private func eventually(_ condition: () -> Bool) async throws -> Bool {
        let deadline = ContinuousClock.now + .seconds(120)
        while ContinuousClock.now < deadline {
            if condition() { return true }
            try await Task.sleep(for: .milliseconds(20))
        }
        return condition()
    }
}

/// A store in a folder of its own.
enum AuditFolder {
    static func with<Value>(_ body: (PolicyStore) throws -> Value) throws -> Value {
        let (folder, store) = try make()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        return try body(store)
    }

    static func with(_ body: (PolicyStore) async throws -> Void) async throws {
        let (folder, store) = try make()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try await body(store)
    }

    private static func make() throws -> (String, PolicyStore) {
        let folder = NSTemporaryDirectory() + "sluice-audit-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        return (folder, try PolicyStore(path: folder + "/store.db", mode: .create))
    }
}

/// Collects what arrives over TCP.
final class SyslogReceiver: Sendable {
    private final class Collector: ChannelInboundHandler, Sendable {
        typealias InboundIn = ByteBuffer
        let bytes = Mutex<[UInt8]>([])
        let channels = Mutex<[any Channel]>([])

        func channelActive(context: ChannelHandlerContext) {
            let channel = context.channel
            channels.withLock { $0.append(channel) }
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            let read = Array(unwrapInboundIn(data).readableBytesView)
            bytes.withLock { $0 += read }
        }
    }

    private let collector: Collector
    private let server: any Channel

    init(port: Int) async throws {
        let collector = Collector()
        self.collector = collector
        server = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(collector)
                }
            }
            .bind(host: "127.0.0.1", port: port).get()
    }

    var port: Int { server.localAddress?.port ?? 0 }
    var text: String { collector.bytes.withLock { String(decoding: $0, as: UTF8.self) } }

    func close() async {
        try? await server.close()
        for channel in collector.channels.withLock({ $0 }) { try? await channel.close() }
    }
}
