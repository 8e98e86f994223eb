export { type LogHarness, logConformance, type OpenedLog } from './log-conformance.ts';
export { type OpenedStores, type StoresHarness, storesConformance } from './stores-conformance.ts';
export { type Expectation, rejection, type SuiteApi, seededRandom } from './suite-api.ts';
export { type DriverOutput, type DriverRecord, TopologyTestDriver, untypedTopic } from './topology-test-driver.ts';
