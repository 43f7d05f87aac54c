export { getEndpointDashboard } from './get-endpoint-dashboard.ts';
