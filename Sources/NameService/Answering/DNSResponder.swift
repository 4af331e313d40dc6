package import Addresses
import DNSProtocol

/// Answers queries about one zone, as decisions only: bytes in, bytes out.
///
/// It is authoritative and nothing else: it asks no other server, transfers no zone, and refuses what is
/// not about its zone.
package struct DNSResponder: Sendable {
    /// What is sent and taken over UDP: it passes every path unfragmented (DNS flag day 2020).
    package static let payloadSize = 1_232
    /// No query is longer.
    package static let queryLimit = 4_096
    /// What a client without EDNS takes (RFC 1035 §2.3.4).
    private static let plainPayloadSize = 512

    package enum Transport: Hashable, Sendable {
        case udp, tcp
    }

    package var zone: DNSZone
    /// Resolvers whose word counts for where their clients are (RFC 7871 §11.1).
    package var clientSubnetSources: [CIDRBlock]

    package init(_ zone: DNSZone, clientSubnetSources: [CIDRBlock] = []) {
        self.zone = zone
        self.clientSubnetSources = clientSubnetSources
    }
}

extension DNSResponder {
    /// The answer to a message; `nil` if it deserves none: it is an answer itself, or has no header.
    package func reply(
        to message: Span<UInt8>,
        from client: IPAddress,
        over transport: Transport
    ) -> DNSReply? {
        guard message.count >= DNSHeader.byteCount, message[2] & 0x80 == 0 else { return nil }
        do throws(DNSMessageError) {
            let query = try DNSMessage(parsing: message)
            return reply(to: query, from: client, over: transport)
        } catch {
            return malformed(message)
        }
    }

    private func malformed(_ message: Span<UInt8>) -> DNSReply {
        let id = UInt16(message[0]) << 8 | UInt16(message[1])
        let flags = UInt16(message[2]) << 8
        var query = DNSMessage(DNSHeader(id: id, flags: flags))
        query.edns = nil
        return reply(.formatError, to: query)
    }

    private func reply(to query: DNSMessage, from client: IPAddress, over transport: Transport)
        -> DNSReply
    {
        if let edns = query.edns, edns.version > 0 { return reply(.badVersion, to: query) }
        guard query.header.opcode == .query else { return reply(.notImplemented, to: query) }
        // RFC 9619 §4.
        guard query.questions.count == 1 else { return reply(.formatError, to: query) }
        let question = query.questions[0]
        guard question.class == .in, !question.type.isTransfer,
            question.name.isWithin(zone.origin)
        else { return reply(.refused, to: query) }
        guard !question.type.isMeta else { return reply(.formatError, to: query) }
        do throws(DNSMessageError) {
            let subnet = try clientSubnet(of: query, from: client)
            return answer(query, subnet: subnet, from: client, over: transport)
        } catch {
            return reply(.formatError, to: query)
        }
    }

    /// Where the resolver's client is, if the resolver may say.
    private func clientSubnet(
        of query: DNSMessage,
        from client: IPAddress
    ) throws(DNSMessageError) -> ClientSubnet? {
        guard let option = query.edns?.options.first(where: { $0.code == EDNSOption.clientSubnet }),
            clientSubnetSources.contains(where: { $0.contains(client) })
        else { return nil }
        let subnet = try ClientSubnet(option)
        // RFC 7871 §7.1.2.
        if subnet.scope != 0 { throw .invalidOPT }
        return subnet
    }
}

// MARK: - Answers

extension DNSResponder {
    private func answer(
        _ query: DNSMessage,
        subnet: ClientSubnet?,
        from client: IPAddress,
        over transport: Transport
    ) -> DNSReply {
        // A prefix of no bits is a client that does not want to be located (RFC 7871 §7.1.2).
        let located = subnet.flatMap {
            $0.source.prefixLength > 0 ? $0.source.network.unmapped : nil
        }
        let found = zone.answer(query.questions[0], for: located ?? client)
        var message = message(found.code, to: query)
        message.header.isAuthoritative = true
        message.answers = found.answers
        message.authorities = found.authorities
        message.additionals = found.additionals
        if var subnet {
            subnet.scope = located == nil ? 0 : found.scope ?? 0
            message.edns?.options = [subnet.option]
        }
        let bytes = message.encoded(atMost: limit(query, transport))
        return DNSReply(
            bytes: bytes,
            code: found.code,
            type: query.questions[0].type,
            kind: kind(of: found),
            isTruncated: bytes[2] & 0x02 != 0
        )
    }

    private func kind(of answer: ZoneAnswer) -> ResponseKind {
        if answer.code == .noSuchName { return .noSuchName }
        return answer.answers.isEmpty ? .noData : .answer
    }

    private func limit(_ query: DNSMessage, _ transport: Transport) -> Int {
        guard transport == .udp else { return 0xffff }
        let wanted = query.edns.map { Int($0.payloadSize) } ?? Self.plainPayloadSize
        return min(max(wanted, Self.plainPayloadSize), Self.payloadSize)
    }

    private func message(_ code: DNSResponseCode, to query: DNSMessage) -> DNSMessage {
        var message = DNSMessage(answering: query)
        if query.edns != nil { message.edns = EDNS(payloadSize: UInt16(Self.payloadSize)) }
        message.edns?.isDNSSECWanted = query.edns?.isDNSSECWanted ?? false
        message.responseCode = code
        return message
    }

    private func reply(_ code: DNSResponseCode, to query: DNSMessage) -> DNSReply {
        var message = message(code, to: query)
        // More than one is not repeated: the answer would be longer than the query.
        if query.questions.count != 1 { message.questions = [] }
        return DNSReply(
            bytes: message.encoded(),
            code: code,
            type: query.questions.first?.type,
            kind: .error,
            isTruncated: false
        )
    }
}

extension DNSType {
    fileprivate var isTransfer: Bool { self == .axfr || self == .ixfr }

    /// Types that no record in a zone has (RFC 6895 §3.1).
    fileprivate var isMeta: Bool { self == .opt || (128...254).contains(rawValue) }
}
