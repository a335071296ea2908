using OrleansLlm.Silo.Hosting;

namespace OrleansLlm.Tests.Configuration;

public class StartScreenTests
{
    [Theory]
    [InlineData("0.0.0.0", "http://localhost:4000")]
    [InlineData("::", "http://localhost:4000")]
    [InlineData("localhost", "http://localhost:4000")]
    [InlineData("10.0.0.1", "http://10.0.0.1:4000")]
    [InlineData("::1", "http://[::1]:4000")]
    public void TheAddress_IsOneThatAClientTakes(string host, string address) => Assert.Equal(address, StartScreen.AddressOf(host, 4000));
}
