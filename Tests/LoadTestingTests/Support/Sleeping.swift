import Foundation

func sleepForAMillisecond() { Thread.sleep(forTimeInterval: 0.001) }
