using OrleansLlm.Support;

namespace OrleansLlm.Bench.Gateways;

/// <summary>nginx as it forwards when it does nothing else: kept connections, no buffering, no log. The floor.</summary>
internal sealed class Nginx(BenchUpstream upstream) : IGatewayKind
{
    private static readonly string[] Places = ["/usr/sbin", "/usr/local/sbin", "/usr/local/bin", "/opt/homebrew/bin"];

    public string Name => "nginx";

    public bool Queues => false;

    /// <summary>Null: it is not installed.</summary>
    public static string? Program => Places.Concat((Environment.GetEnvironmentVariable("PATH") ?? "").Split(':')).Select(p => Path.Combine(p, "nginx")).FirstOrDefault(File.Exists);

    public Launched Launch(string folder)
    {
        var port = Ports.Free();
        var configuration = Path.Combine(folder, "nginx.conf");
        File.WriteAllText(configuration, $$"""
            daemon off;
            worker_processes auto;
            pid {{folder}}/nginx.pid;
            error_log {{folder}}/nginx-error.log error;
            events { worker_connections 8192; }
            http {
              access_log off;
              client_max_body_size 64m;
              client_body_buffer_size 1m;
              client_body_temp_path {{folder}}/body;
              proxy_temp_path {{folder}}/proxy;
              fastcgi_temp_path {{folder}}/fastcgi;
              uwsgi_temp_path {{folder}}/uwsgi;
              scgi_temp_path {{folder}}/scgi;
              upstream backend { server {{upstream.Wide.Authority}}; keepalive 2048; keepalive_requests 1000000000; }
              server {
                listen 127.0.0.1:{{port}} backlog=4096;
                keepalive_requests 1000000000;
                tcp_nodelay on;
                location / {
                  proxy_pass http://backend;
                  proxy_http_version 1.1;
                  proxy_set_header Connection "";
                  proxy_buffering off;
                  proxy_read_timeout 600s;
                }
              }
            }
            """);
        var process = ChildProcess.Start(folder, Path.Combine(folder, "nginx.log"), Program!, ["-c", configuration, "-p", folder]);
        return new Launched(process, new Uri($"http://127.0.0.1:{port}/"), "none");
    }

    public Task<Target> ReadyAsync(Launched launched) => Task.FromResult(
        new Target(Name, (_, _) => launched.Address, launched.Key, launched.Process) { Processes = ProcessFigures.WithChildren(launched.Process.Id) });
}
