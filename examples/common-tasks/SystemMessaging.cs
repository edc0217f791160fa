using System;
using System.Collections.Generic;
using System.Linq;
using System.Messaging;
using System.Threading;

public class Order {
  public int Id;
  public double Total;
}

/** The ten tasks of docs/members.md with System.Messaging of .NET. */
public static class CommonTasks {
  const string Orders = @".\private$\orders";
  const string Invoices = @".\private$\invoices";

  static readonly Type[] Types = { typeof(Order), typeof(string) };

  static MessageQueue Open(string path) => new MessageQueue(path) { Formatter = new XmlMessageFormatter(Types) };

  // 1. Ensure that a queue is there
  public static void Ensure(string path) {
    if (!MessageQueue.Exists(path)) MessageQueue.Create(path, true);
  }

  // 2. Send an object
  public static void SendOrder(Order order) {
    using var queue = Open(Orders);
    queue.Send(order, "order " + order.Id, MessageQueueTransactionType.Single);
  }

  // 3. Receive within a time
  public static Order ReceiveOrder() {
    using var queue = Open(Orders);
    try {
      return (Order)queue.Receive(TimeSpan.FromSeconds(5)).Body;
    } catch (MessageQueueException error) when (error.MessageQueueErrorCode == MessageQueueErrorCode.IOTimeout) {
      return null;
    }
  }

  // 4. Handle each message
  public static void HandleOrders(Action<Order> handle, CancellationToken stop) {
    using var queue = Open(Orders);
    while (!stop.IsCancellationRequested) {
      using var transaction = new MessageQueueTransaction();
      transaction.Begin();
      try {
        handle((Order)queue.Receive(TimeSpan.FromSeconds(1), transaction).Body);
        transaction.Commit();
      } catch (MessageQueueException error) when (error.MessageQueueErrorCode == MessageQueueErrorCode.IOTimeout) { }
    }
  }

  // 5. Receive and send in one transaction
  public static void InvoiceOrder() {
    using var orders = Open(Orders);
    using var invoices = Open(Invoices);
    using var transaction = new MessageQueueTransaction();
    transaction.Begin();
    var order = (Order)orders.Receive(transaction).Body;
    invoices.Send(order, "invoice " + order.Id, transaction);
    transaction.Commit();
  }

  // 6. List the queues
  public static IEnumerable<string> ListQueues() =>
    MessageQueue.GetPrivateQueuesByMachine(".").Select(queue => queue.Path);

  // 7. Ask for a response, and respond
  public static string Ask(string question) {
    using var requests = Open(@".\private$\requests");
    using var responses = Open(@".\private$\responses");
    var request = new Message(question) { ResponseQueue = responses };
    requests.Send(request);
    return (string)responses.ReceiveByCorrelationId(request.Id, TimeSpan.FromSeconds(5)).Body;
  }
  public static void Respond(Func<string, string> answer) {
    using var requests = Open(@".\private$\requests");
    var request = requests.Receive();
    var response = new Message(answer((string)request.Body)) { CorrelationId = request.Id };
    using var responses = request.ResponseQueue;
    responses.Send(response);
  }

  // 8. Take a message by its id
  public static Order TakeOrder(string id) {
    using var queue = Open(Orders);
    return (Order)queue.ReceiveById(id).Body;
  }

  // 9. Grant a right
  public static void LetSend(string account) {
    using var queue = new MessageQueue(Orders);
    queue.SetPermissions(account, MessageQueueAccessRights.WriteMessage);
  }

  // 10. Count the messages of each queue
  public static Dictionary<string, int> CountMessages() =>
    MessageQueue.GetPrivateQueuesByMachine(".")
      .ToDictionary(queue => queue.Path, queue => queue.GetAllMessages().Length);
}
