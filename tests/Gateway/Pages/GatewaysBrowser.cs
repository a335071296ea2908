namespace OrleansLlm.Tests.Gateway.Pages;

/// <summary>The tests of one gateway have one address.</summary>
internal sealed partial class Browser
{
    public static Task<Browser> SignInAsync(TestGateway gateway, string key) => SignInAsync(gateway.Address, key);
}
