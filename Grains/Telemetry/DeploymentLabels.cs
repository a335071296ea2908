using OrleansLlm.Catalog;

namespace OrleansLlm.Grains.Telemetry;

/// <summary>How a deployment is labelled.</summary>
internal static class DeploymentLabels
{
    public static string ApiBase(Deployment deployment) => deployment.Address.TrimEnd('/');
}
