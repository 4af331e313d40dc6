import Addresses

extension [UInt8] {
    mutating func append(_ address: IPAddress) {
        address.write(to: &self)
    }

    mutating func append(_ block: CIDRBlock) {
        block.write(to: &self)
    }
}
