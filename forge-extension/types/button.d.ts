/** What the events of "Queue in MobileSD" call; the page's other scripts have no business with it. */
interface MobilesdQueueButton {
  /** A click begins: answers the inputs with the click's own id, and says "Queueing…". */
  clicked(tab: string, inputs: unknown[]): unknown[];
  /** A click's answer stands on the page, or failed to come. */
  ended(tab: string): void;
}

interface Window {
  mobilesdQueueButton?: MobilesdQueueButton;
}
