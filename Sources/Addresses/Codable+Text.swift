/// Addresses, blocks and socket addresses are encoded as the text that they are written in.

extension IPAddress: Codable {
    public init(from decoder: any Decoder) throws {
        self = try decoder.text { try IPAddress(parsing: $0) }
    }

    public func encode(to encoder: any Encoder) throws { try encoder.encode(text: self) }
}

extension CIDRBlock: Codable {
    public init(from decoder: any Decoder) throws {
        self = try decoder.text { try CIDRBlock(parsing: $0) }
    }

    public func encode(to encoder: any Encoder) throws { try encoder.encode(text: self) }
}

extension SocketAddress: Codable {
    public init(from decoder: any Decoder) throws {
        self = try decoder.text { try SocketAddress(parsing: $0) }
    }

    public func encode(to encoder: any Encoder) throws { try encoder.encode(text: self) }
}

extension Decoder {
    fileprivate func text<Value>(_ parse: (String) throws -> Value) throws -> Value {
        let container = try singleValueContainer()
        let text = try container.decode(String.self)
        do {
            return try parse(text)
        } catch {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "\(error)")
        }
    }
}

extension Encoder {
    fileprivate func encode(text value: some CustomStringConvertible) throws {
        var container = singleValueContainer()
        try container.encode(value.description)
    }
}
