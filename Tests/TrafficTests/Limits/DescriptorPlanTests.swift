import Testing
import Traffic

@Suite("How descriptors are divided")
struct DescriptorPlanTests {
    @Test("An ordinary process keeps 192 in reserve, and has 64 management clients")
    func ordinary() {
        for limit in [384, 1_024, 1_535] {
            let plan = DescriptorPlan(limit: limit, fixedCount: 41)
            #expect(plan.reserve == 192)
            #expect(plan.connectionDescriptors == limit - 192)
            #expect(plan.managementConnections == 64 && plan.eventStreams == 24)
        }
    }

    @Test("One with many descriptors has 256 management clients and streams")
    func many() {
        for limit in [20_000, 1_048_576] {
            let plan = DescriptorPlan(limit: limit, fixedCount: 41)
            #expect(plan.reserve == 41 + 256 + 256 + 40)
            #expect(plan.managementConnections == 256 && plan.eventStreams == 256)
        }
    }

    @Test("Under a low limit the management address has fewer clients")
    func low() {
        #expect(DescriptorPlan(limit: 256, fixedCount: 41).managementConnections == 54)
        #expect(DescriptorPlan(limit: 128, fixedCount: 41).managementConnections == 22)
        #expect(DescriptorPlan(limit: 50, fixedCount: 41).managementConnections == 2)
    }

    @Test("What many workers need comes on top")
    func manyWorkers() {
        let plan = DescriptorPlan(limit: 1_024, fixedCount: 413)
        #expect(plan.reserve == 413 + 128)
        #expect(plan.managementConnections == 64)
    }

    @Test("Unused pipes leave seven eighths to clients")
    func idlePipes() {
        let plan = DescriptorPlan(limit: 128, fixedCount: 41)
        for workers in 1...64 {
            let descriptors = 2 * workers * plan.idlePipes(ofEach: workers)
            #expect(descriptors <= plan.connectionDescriptors / 8)
        }
        #expect(DescriptorPlan(limit: 1_024, fixedCount: 41).idlePipes(ofEach: 2) == 26)
    }

    @Test("Whatever the limit, the reserve holds its parts, and half of the rest is for clients")
    func parts() {
        for limit in 1...600 {
            for fixed in stride(from: 0, through: limit, by: 7) {
                let plan = DescriptorPlan(limit: limit, fixedCount: fixed)
                let rest = limit - fixed
                let management = plan.managementConnections
                #expect((1...64).contains(management))
                #expect(fixed + management <= max(plan.reserve, fixed + 1))
                #expect(plan.reserve + plan.connectionDescriptors == limit)
                #expect(plan.connectionDescriptors >= min(rest / 2, limit - 192 - fixed))
            }
        }
    }

    @Test("A name server's clients over TCP take nothing from those of management")
    func nameClients() {
        for limit in [64, 256, 1_024, 20_000] {
            let without = DescriptorPlan(limit: limit, fixedCount: 41)
            let plan = DescriptorPlan(limit: limit, fixedCount: 41, nameClients: 1_000)
            #expect(plan.nameConnections == min(1_000, limit / 16))
            #expect(plan.reserve == min(limit, without.reserve + plan.nameConnections))
            #expect(plan.managementConnections == without.managementConnections)
            #expect((1...16).contains(without.nameConnections))
        }
        #expect(DescriptorPlan(limit: 20_000, fixedCount: 41, nameClients: 5).nameConnections == 5)
    }
}
