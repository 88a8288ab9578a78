using FlowQuota.Client;

var builder = WebApplication.CreateBuilder(args);
builder.Services.AddFlowQuota(options => options.BaseAddress = builder.Configuration.GetValue("FlowQuota:BaseAddress", new Uri("http://localhost:7071")));

var app = builder.Build();
app.UseFlowQuota(cost: 1);

app.MapGet("/quote", (HttpContext context) => new
{
    Quote = "Measure twice, cut once.",
    context.GetMeteredRequest()?.RemainingQuota,
});
await app.RunAsync();
